/** Random sk_msg programs: pushes, pops and pulls of a message, whose results, sizes and bytes the program writes down. */
import { assemble, toRequest } from '../../src/index.ts';
import { toHex } from '../../src/util/hex.ts';

export interface MessageCase {
  readonly name: string;
  readonly insns: string;
  readonly map_relocs: readonly (readonly [number, number])[];
  /** The message, hex. */
  readonly message: string;
}

/** Bytes that a call fills in the map: result, size, data_end - data, the first byte there (256: none). */
const ROW = 32;
export const MESSAGE_MAP = { name: 'm', type: 'array', key_size: 4, value_size: 1024, max_entries: 1 } as const;

/** Numbers from 0 to `n`, exclusive. @see scripts/maps/generate.ts */
export function random(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

function call(k: number, helper: string, [start, second, flags]: readonly [number, number, number]): string {
  return `
  r1 = r6
  w2 = ${start}
  w3 = ${second}
  r4 = ${flags}
  call ${helper}
  *(u64 *)(r7 + ${ROW * k}) = r0
  r1 = *(u32 *)(r6 + 68)
  *(u64 *)(r7 + ${ROW * k + 8}) = r1
  r2 = *(u64 *)(r6 + 0)
  r4 = *(u64 *)(r6 + 8)
  r1 = r4
  r1 -= r2
  *(u64 *)(r7 + ${ROW * k + 16}) = r1
  r5 = 256
  r3 = r2
  r3 += 1
  if r3 > r4 goto none${k}
  r5 = *(u8 *)(r2 + 0)
  r1 = ${0xa0 + k}
  *(u8 *)(r2 + 0) = r1
none${k}:
  *(u64 *)(r7 + ${ROW * k + 24}) = r5
`;
}

function body(calls: readonly string[]): string {
  return `.map m, type=array, key=4, value=${MESSAGE_MAP.value_size}, max_entries=1
.section sk_msg
main:
  r6 = r1
  r1 = 0
  *(u32 *)(r10 - 4) = r1
  r2 = r10
  r2 += -4
  r1 = m ll
  call bpf_map_lookup_elem
  if r0 == 0 goto out
  r7 = r0
${calls.join('')}
out:
  r0 = 1
  exit
`;
}

/** One program and its message. `grow` makes pushes prevail, so that the scatter list fills. */
export function messageCase(seed: number): MessageCase {
  const pick = random(seed * 7919 + 1);
  pick(2);
  const grow = pick(3) === 0;
  const length = 1 + pick(60);
  const n = grow ? 18 + pick(10) : 1 + pick(8);
  let size = length;
  const calls: string[] = [];
  for (let k = 0; k < n; k++) {
    const kind = grow && pick(8) !== 0 ? 0 : pick(3);
    const flags = pick(20) === 0 ? 1 : 0;
    const start = pick(12) === 0 ? size + pick(3) : pick(5) === 0 ? 0 : pick(size + 1);
    const len = pick(12) === 0 ? 0 : 1 + pick(pick(3) === 0 ? size + 2 : 12);
    if (kind === 0) calls.push(call(k, 'bpf_msg_push_data', [start, len, flags]));
    if (kind === 1) calls.push(call(k, 'bpf_msg_pop_data', [start, len, flags]));
    if (kind === 2) calls.push(call(k, 'bpf_msg_pull_data', [start, start + len - (pick(12) === 0 ? 2 : 0), flags]));
    if (kind === 0 && flags === 0 && start <= size) size += len;
    if (kind === 1 && flags === 0 && start + len <= size) size -= len;
  }
  const { object, problems } = assemble(body(calls), { file: 'message.bpf' });
  const request = object && toRequest(object, {});
  if (!request?.ok) throw new Error(JSON.stringify(problems));
  const prog = request.value.progs?.[0] ?? request.value;
  const bytes = Uint8Array.from({ length }, (_, i) => 0x20 + i);
  return {
    name: `message ${seed}`,
    insns: prog.insns!,
    map_relocs: prog.map_relocs!,
    message: toHex(bytes),
  } as MessageCase;
}
