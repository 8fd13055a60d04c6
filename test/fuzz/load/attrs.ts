/** Random attributes of BPF_PROG_LOAD around a program of two insns. */
import { ATTACH_TYPES } from '../../../src/spec/attachTypes.ts';
import { PROG_TYPES } from '../../../src/spec/progTypes.ts';
import type { LoadRequest, ProgRequest } from '../../../src/spec/request.ts';
import type { Random } from '../../random.ts';

const TYPES = Object.values(PROG_TYPES).map((row) => row.id);
const ATTACHES = Object.values(ATTACH_TYPES).map((row) => row.id);

/** A request of which one or two attributes are out of the ordinary. */
export function randomAttrRequest(random: Random, name: string): LoadRequest {
  const choices: readonly (() => Partial<ProgRequest>)[] = [
    () => ({ expected_attach_type: random.pick(ATTACHES) }),
    () => ({ expected_attach_type: random.pick([random.below(70), 2 ** 31, 2 ** 32 - 1]) }),
    () => ({ prog_flags: random.pick([1 << random.below(20), random.below(256), 2 ** 31, random.below(1024)]) }),
    () => ({ prog_name: random.pick(['ok', 'a.b_c', 'a b', 'a-b', 'x'.repeat(15), 'x'.repeat(20), 'é', '%s', '.']) }),
    () => ({ log_level: random.pick([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 32, 256, 2 ** 31]) }),
    () => ({ log_size: random.pick([1, 64, 128, 4096, 2 ** 20]) }),
    () => ({ attach_btf_id: random.pick([1, 5, 0xfffff, 0x100000, 2 ** 32 - 1]) }),
    () => ({
      prog_ifindex: random.pick([1, 1, 2, 99]),
      ...(random.bool(0.5) && { prog_flags: random.pick([0, 1, 32, 64, 96]) }),
    }),
    () => ({ license: random.pick(['', 'GPL', 'Proprietary', 'x'.repeat(300)]) }),
    () => ({ insns: random.pick(['9500000000000000', 'b7000000000000009500', 'b700000000000000', 'ff']) }),
    () => ({ kern_version: random.next() }),
  ];
  const type = random.bool(0.05) ? random.pick([0, 33, 34, 100, 2 ** 31]) : random.pick(TYPES);
  let request: LoadRequest = { name, prog_type: type, insns: 'b7000000000000009500000000000000', license: 'GPL' };
  for (let i = random.below(4); i > 0; i--) request = { ...request, ...random.pick(choices)() };
  return request;
}
