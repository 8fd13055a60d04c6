/** Random bpf(2) commands that a syscall program makes: maps created, changed, frozen, opened by id and closed. */
import { UAPI } from '../../src/spec/constants.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import type { Random } from '../../test/random.ts';
import { insn, ldMap } from '../maps/program.ts';
import { RESULTS_AT } from './code.ts';

const [SYS_BPF, SYS_CLOSE] = [166, 168];
const { BPF_MAP_CREATE, BPF_MAP_DELETE_ELEM, BPF_MAP_FREEZE, BPF_MAP_GET_FD_BY_ID, BPF_MAP_UPDATE_ELEM } = UAPI;
/** On the stack: descriptors of two maps, the key, the value, the attributes. */
const [FD_AT, KEY_AT, VALUE_AT, ATTR_AT] = [-8, -16, -32, -240];
const ATTR_ROOM = 208;
const BAD_FD = 77777;

const mov = (dst: number, src: number): string => insn(0xbf, dst, src, 0, 0);
const set = (dst: number, imm: number): string => insn(0xb7, dst, 0, 0, imm);
const address = (dst: number, at: number): string[] => [mov(dst, 10), insn(0x07, dst, 0, 0, at)];
const storeWord = (at: number, value: number): string => insn(0x62, 10, 0, at, value | 0);
const clear = Array.from({ length: ATTR_ROOM / 8 }, (_, i) => insn(0x7a, 10, 0, ATTR_AT + 8 * i, 0));
const bpf = (command: number, size: number): string[] => [
  set(1, command),
  ...address(2, ATTR_AT),
  set(3, size),
  insn(0x85, 0, 0, 0, SYS_BPF),
];

/** Sizes of the attributes: enough for the command, the kernel's own, more. */
const sizeOf = (r: Random, end: number): number =>
  r.weighted([
    [6, () => end],
    [2, () => 152],
    [1, () => r.pick([end + 8, 160, 200])],
    [1, () => r.pick([4, 8, 16, 24, 32, 48])],
  ]);
/** Sometimes a byte behind the pointers is not what the command wants. */
const noise = (r: Random): string[] =>
  r.bool(0.08) ? [insn(0x72, 10, 0, ATTR_AT + 32 + r.below(ATTR_ROOM - 32), 1)] : [];
/** The word at a place of the attributes is one of the two descriptors, or none. */
const fdField = (r: Random, at: number): string[] =>
  r.bool(0.9)
    ? [insn(0x61, 1, 10, FD_AT + 4 * r.below(2), 0), insn(0x63, 10, 1, ATTR_AT + at, 0)]
    : [storeWord(ATTR_AT + at, BAD_FD)];
const pointer = (r: Random, field: number, at: number): string[] =>
  r.bool(0.92)
    ? [...address(1, at), insn(0x7b, 10, 1, ATTR_AT + field, 0)]
    : [insn(0x7a, 10, 0, ATTR_AT + field, r.pick([0, 0x1000, -16]))];

const TYPES = [1, 1, 2, 2, 5, 6, 9, 11, 22, 23, 27, 30, 3, 4, 8, 12, 13, 14, 7, 16, 17, 19, 21, 25, 31, 0, 40];

function create(r: Random): string[] {
  const type = r.pick(TYPES);
  const keyless = [22, 23, 27, 30, 31].includes(type);
  const ring = type === 27 || type === 31;
  const storage = type === 19 || type === 21;
  const fields: [number, number][] = [
    [0, type],
    [4, r.bool(0.9) ? (keyless ? 0 : storage ? 8 : 4) : r.pick([0, 4, 8])],
    [8, r.bool(0.9) ? (ring ? 0 : [3, 4, 8, 12, 13, 17].includes(type) ? 4 : 8) : r.pick([0, 4, 8])],
    [12, r.bool(0.9) ? (ring ? 4096 : storage ? 0 : 4) : r.pick([0, 1, 4096])],
    [16, r.bool(0.75) ? (type === 11 ? 1 : 0) : 1 << r.below(18)],
    [20, 0],
    [24, r.bool(0.95) ? 0 : 1],
    [28, r.bool(0.8) ? 0x0061 : r.pick([0x61626364, 0x2d, 0x61006100])],
    [44, 0],
    [52, r.bool(0.95) ? 0 : 1],
    [56, r.bool(0.95) ? 0 : 1],
    [64, r.bool(0.95) ? 0 : 1],
  ];
  const slot = FD_AT + 4 * r.below(2);
  return [
    ...fields.filter(([, value]) => value !== 0).map(([at, value]) => storeWord(ATTR_AT + at, value)),
    ...(type === 12 || type === 13 ? fdField(r, 20) : []),
    ...noise(r),
    ...bpf(BPF_MAP_CREATE, sizeOf(r, 80)),
    // Closes what was in the slot, and keeps the new descriptor there.
    mov(6, 0),
    insn(0x65, 0, 0, 1, -1),
    insn(0x05, 0, 0, 4, 0),
    insn(0x61, 1, 10, slot, 0),
    insn(0x63, 10, 6, slot, 0),
    insn(0x85, 0, 0, 0, SYS_CLOSE),
    mov(0, 6),
  ];
}

function element(r: Random, command: number): string[] {
  const flags = r.bool(0.6) ? 0 : r.pick([1, 2, 3, 4, 5, 8, -8]);
  const update = command === BPF_MAP_UPDATE_ELEM;
  return [
    insn(0x7a, 10, 0, KEY_AT, r.below(6)),
    insn(0x7a, 10, 0, VALUE_AT, r.pick([BAD_FD, 0x1000000])),
    insn(0x7a, 10, 0, VALUE_AT + 8, 0),
    ...fdField(r, 0),
    ...(r.bool(0.85) ? pointer(r, 8, KEY_AT) : []),
    ...(update ? [...pointer(r, 16, VALUE_AT), insn(0x7a, 10, 0, ATTR_AT + 24, flags)] : []),
    ...noise(r),
    ...bpf(command, sizeOf(r, update ? 32 : 16)),
  ];
}

/** A hash or an array that can be created, in a slot. */
const goodMap = (r: Random, slot: number): string[] => [
  ...clear,
  ...[r.pick([1, 2, 22, 9, 11, 12, 3, 17]), 4, 4, 4].map((value, i) => storeWord(ATTR_AT + 4 * i, value)),
  ...bpf(BPF_MAP_CREATE, 80),
  insn(0xc5, 0, 0, 1, 0),
  insn(0x63, 10, 0, slot, 0),
];

function command(r: Random): string[] {
  return r.weighted<string[]>([
    [5, () => create(r)],
    [8, () => element(r, BPF_MAP_UPDATE_ELEM)],
    [4, () => element(r, BPF_MAP_DELETE_ELEM)],
    [1, () => [...fdField(r, 0), ...noise(r), ...bpf(BPF_MAP_FREEZE, sizeOf(r, 4))]],
    [
      1,
      () => [
        storeWord(ATTR_AT, 0x7fffffff),
        storeWord(ATTR_AT + 8, r.pick([0, 8, 16, 1, 32])),
        ...noise(r),
        ...bpf(BPF_MAP_GET_FD_BY_ID, sizeOf(r, 12)),
      ],
    ],
    [1, () => bpf(r.pick([1, 4, 6, 7, 10, 15, 21, 24, 35, 99, -1]), sizeOf(r, 32))],
    [1, () => [insn(0x61, 1, 10, FD_AT + 4 * r.below(2), 0), insn(0x85, 0, 0, 0, SYS_CLOSE)]],
    [1, () => [set(1, r.pick([BAD_FD, 0x7fffffff, -1])), insn(0x85, 0, 0, 0, SYS_CLOSE)]],
  ]);
}

/** A program of up to 12 commands; results are errnos, 0 for descriptors. Two good maps come first. */
export function sysBpfRequest(r: Random, n: number): LoadRequest {
  const code = [
    ...ldMap(9, 0, 2),
    storeWord(FD_AT, BAD_FD),
    storeWord(FD_AT + 4, BAD_FD),
    ...goodMap(r, FD_AT),
    ...goodMap(r, FD_AT + 4),
  ];
  const commands = 3 + r.below(10);
  for (let i = 0; i < commands; i++) {
    code.push(...clear, ...command(r), insn(0xc5, 0, 0, 1, 0), set(0, 0), insn(0x7b, 9, 0, RESULTS_AT + 8 * i, 0));
  }
  for (const slot of [FD_AT, FD_AT + 4]) code.push(insn(0x61, 1, 10, slot, 0), insn(0x85, 0, 0, 0, SYS_CLOSE));
  code.push(set(0, 0), insn(0x95, 0, 0, 0, 0));
  return {
    name: `sys_bpf syscall ${n}`,
    prog_type: 'syscall',
    prog_flags: ['sleepable'],
    license: 'GPL',
    insns: code.join(''),
    map_relocs: [[0, 0]],
    dump_maps: true,
    maps: [{ name: 'out', type: 'array', key_size: 4, value_size: 1024, max_entries: 1 }],
    test_run: [{ ctx: '00'.repeat(16), ctx_out_size: 0, out_size: 0 }],
  };
}
