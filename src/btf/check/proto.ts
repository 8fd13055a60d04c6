/** Functions and their prototypes. */
import { ERRNO } from '../../spec/errno.ts';
import { logType } from './describe.ts';
import type { BtfEnv, Errno, RawType } from './raw.ts';
import { validIdentifier } from './raw.ts';
import type { Resolver } from './resolve.ts';
import { isSourceOnly, needsResolve, typeIdSize } from './sizes.ts';

function refuse(env: BtfEnv, t: RawType, what: string): Errno {
  logType(env, t, what);
  return -ERRNO.EINVAL;
}

/** A function's parameters have names. @kernel btf_func_check */
export function checkFunc(env: BtfEnv, t: RawType): Errno {
  const proto = env.types[t.size];
  if (proto?.kind !== 'func_proto') return refuse(env, t, 'Invalid type_id');
  for (let i = 0; i < proto.vlen; i++) {
    if (proto.word(2 * i) === 0 && proto.word(2 * i + 1) !== 0) return refuse(env, t, `Invalid arg#${i + 1}`);
  }
  return 0;
}

/** A type that values are passed by: known, followed, with a size. */
function checkPassed(r: Resolver, t: RawType, id: number, what: string): Errno {
  const type = r.env.types[id];
  if ((id !== 0 && !type) || isSourceOnly(type)) return refuse(r.env, t, what);
  if (type && needsResolve(type) && !r.isResolved(id)) {
    const err = r.resolve(type);
    if (err) return err;
  }
  return typeIdSize(r, id) ? 0 : refuse(r.env, t, what);
}

/** @kernel btf_func_proto_check */
export function checkFuncProto(r: Resolver, t: RawType): Errno {
  if (t.size !== 0) {
    const err = checkPassed(r, t, t.size, 'Invalid return type');
    if (err) return err;
  }
  let count = t.vlen;
  if (count > 0 && t.word(2 * count - 1) === 0) {
    if (t.word(2 * count - 2) !== 0) return refuse(r.env, t, `Invalid arg#${count}`);
    count--;
  }
  for (let i = 0; i < count; i++) {
    const [name, id] = [t.word(2 * i), t.word(2 * i + 1)];
    const what = `Invalid arg#${i + 1}`;
    const type = r.env.types[id];
    if ((id !== 0 && !type) || isSourceOnly(type)) return refuse(r.env, t, what);
    if (name !== 0 && !validIdentifier(r.env, name)) return refuse(r.env, t, what);
    const err = checkPassed(r, t, id, what);
    if (err) return err;
  }
  return 0;
}
