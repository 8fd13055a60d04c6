/** Type tags stand before qualifiers. */
import { ERRNO } from '../../spec/errno.ts';
import type { BtfEnv, Errno } from './raw.ts';
import { isModifier } from './sizes.ts';

const MAX_CHAIN = 32;

/** @kernel btf_check_type_tags */
export function checkTypeTags(env: BtfEnv): Errno {
  for (const first of env.types) {
    let tags = first?.kind === 'type_tag';
    let left = MAX_CHAIN;
    for (let t = first; t && isModifier(t); t = env.types[t.size]) {
      if (left-- === 0) {
        env.log.write('Max chain length or cycle detected');
        return -ERRNO.ELOOP;
      }
      if (t.kind !== 'type_tag') tags = false;
      else if (!tags) {
        env.log.write("Type tags don't precede modifiers");
        return -ERRNO.EINVAL;
      }
    }
  }
  return 0;
}
