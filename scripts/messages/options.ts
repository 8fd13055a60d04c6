/**
 * Random sock_ops programs that look for, ask room for and write TCP header options. Attached to a control group, one
 * writes a row for each callback: what it was given, and what its calls answered.
 */
import { assemble, toRequest } from '../../src/index.ts';
import { random } from './generate.ts';

/** Where a row of the map keeps what. */
export const ROW = {
  op: 0,
  skbLen: 4,
  tcpFlags: 8,
  state: 12,
  /** skb_data_end - skb_data before and after the calls. */
  headerBytes: 16,
  headerBytesAfter: 88,
  results: 24,
  header: 96,
  syn: 160,
  synBytes: 256,
  headerAfter: 264,
  buffers: 328,
} as const;
const CALLS = 8;
const BUFFER = 16;
const HEADER = 60;
const SYN = 94;
export const OPTION_MAPS = [
  { name: 'm', type: 'array', key_size: 4, value_size: 464, max_entries: 64 },
  { name: 'c', type: 'array', key_size: 4, value_size: 4, max_entries: 1 },
] as const;

const lookup = (map: string): string => `
  r2 = r10
  r2 += -4
  r1 = ${map} ll
  call bpf_map_lookup_elem
  if r0 == 0 goto out
`;

/** Copies the header's bytes that the program may read. */
function header(label: string, bytes: number, to: number): string {
  const each = Array.from(
    { length: HEADER },
    (_, i) => `
  r3 = r2
  r3 += ${i + 1}
  if r3 > r4 goto ${label}
  r5 = *(u8 *)(r2 + ${i})
  *(u8 *)(r7 + ${to + i}) = r5`,
  );
  return `
  r2 = *(u64 *)(r6 + 192)
  r4 = *(u64 *)(r6 + 200)
  r1 = r4
  r1 -= r2
  *(u64 *)(r7 + ${bytes}) = r1
${each.join('')}
${label}:
`;
}

type Pick = (n: number) => number;
const oneOf = (pick: Pick, values: readonly number[]): number => values[pick(values.length)]!;

function call(pick: Pick, k: number): string {
  const kind = k === 0 ? 2 : pick(3);
  const flags = pick(16) === 0 ? 3 : 0;
  const result = `  *(u64 *)(r7 + ${ROW.results + 8 * k}) = r0\n`;
  if (kind === 2) {
    return `  r1 = r6\n  w2 = ${oneOf(pick, [2, 3, 4, 5, 8, 12, 1, 0, 20, 40, 256])}\n  r3 = ${flags}\n  call bpf_reserve_hdr_opt\n${result}`;
  }
  const type = oneOf(pick, [2, 3, 4, 8, 253, 254, 254, 85, 86, pick(256), pick(2)]);
  const experimental = type === 253 || type === 254;
  const length =
    kind === 0
      ? experimental
        ? oneOf(pick, [4, 6, 4, 6, 0, 5])
        : oneOf(pick, [0, 0, 0, 0, 2])
      : oneOf(pick, [2, 3, 4, 5, 6, 8, 12, 4, 6, 0, 1, 17]);
  const bytes = [
    type,
    length,
    oneOf(pick, [0xeb, 0xab]),
    0x9f,
    oneOf(pick, [1, 2]),
    7,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    17,
  ];
  const words = [0, 4, 8, 12].map((i) => {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    return `  w1 = ${word}\n  *(u32 *)(r10 - ${24 - i}) = r1\n`;
  });
  const len = oneOf(pick, [16, 16, 16, 12, 8, 6, 4, 3, 2, 1]);
  const load = kind === 0;
  return `${words.join('')}  r1 = r6
  r2 = r10
  r2 += -24
  r3 = ${len}
  r4 = ${load && flags === 0 ? pick(2) : flags}
  call ${load ? 'bpf_load_hdr_opt' : 'bpf_store_hdr_opt'}
${result}  r1 = *(u64 *)(r10 - 24)
  *(u64 *)(r7 + ${ROW.buffers + BUFFER * k}) = r1
  r1 = *(u64 *)(r10 - 16)
  *(u64 *)(r7 + ${ROW.buffers + BUFFER * k + 8}) = r1
`;
}

/** The program of a seed; every fourth reads the SYN with a short buffer. */
export function optionProgram(seed: number): { insns: string; map_relocs: readonly (readonly [number, number])[] } {
  const pick = random(seed * 7919 + 3);
  pick(2);
  const calls = Array.from({ length: CALLS }, (_, k) => call(pick, k));
  const text = `.map m, type=array, key=4, value=464, max_entries=64
.map c, type=array, key=4, value=4, max_entries=1
.section sockops
main:
  r6 = r1
  r2 = 112
  call bpf_sock_ops_cb_flags_set
  r1 = 0
  *(u32 *)(r10 - 4) = r1
${lookup('c')}
  r1 = *(u32 *)(r0 + 0)
  *(u32 *)(r10 - 4) = r1
  r1 += 1
  *(u32 *)(r0 + 0) = r1
${lookup('m')}
  r7 = r0
  r1 = *(u32 *)(r6 + 0)
  *(u32 *)(r7 + ${ROW.op}) = r1
  r1 = *(u32 *)(r6 + 208)
  *(u32 *)(r7 + ${ROW.skbLen}) = r1
  r1 = *(u32 *)(r6 + 212)
  *(u32 *)(r7 + ${ROW.tcpFlags}) = r1
  r1 = *(u32 *)(r6 + 88)
  *(u32 *)(r7 + ${ROW.state}) = r1
${header('before', ROW.headerBytes, ROW.header)}
  r1 = r6
  r2 = 6
  r3 = 1007
  r4 = r7
  r4 += ${ROW.syn}
  r5 = ${SYN}
  call bpf_getsockopt
  *(u64 *)(r7 + ${ROW.synBytes}) = r0
${calls.join('')}
${header('after', ROW.headerBytesAfter, ROW.headerAfter)}
out:
  r0 = 1
  exit
`;
  const { object, problems } = assemble(text, { file: 'options.bpf' });
  const request = object && toRequest(object, {});
  if (!request?.ok) throw new Error(JSON.stringify(problems));
  const prog = request.value.progs?.[0] ?? request.value;
  return { insns: prog.insns!, map_relocs: prog.map_relocs! } as ReturnType<typeof optionProgram>;
}
