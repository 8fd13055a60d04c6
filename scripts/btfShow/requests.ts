/** Random programs that print bytes of a map by the types of the kernel. */
import { builtinBtf } from '../../src/btf/builtin.ts';
import { BTF_KINDS } from '../../src/btf/kinds.ts';
import { resolveSize } from '../../src/btf/size.ts';
import { UAPI } from '../../src/spec/constants.ts';
import { HELPERS } from '../../src/spec/helpers/index.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import type { Random } from '../../test/random.ts';
import { Code, INPUT_SIZE, REG } from '../helpers/code.ts';
import { NAMED } from './types.ts';

const PROG_TYPES = ['xdp', 'sched_cls', 'raw_tracepoint', 'socket_filter', 'cgroup_skb'] as const;
const RESULT = 8;
/** Larger values are not printed. */
const MAX_VALUE = 16384;

/** Addresses that lead nowhere. */
const NOWHERE = [
  0n,
  1n,
  0x1000n,
  0x7fff_ffff_f000n,
  0x8000_0000_0000n,
  1n << 63n,
  0xffff_ffff_ff60_0000n,
  (1n << 64n) - 1n,
];

/** Bytes of a value that is printed by a type, whatever the type. */
function sizeOf(id: number): number {
  const btf = builtinBtf();
  const type = btf.type(id);
  return resolveSize(btf, type?.kind === 'var' ? type.type : id) ?? 0;
}

function pickType(random: Random): number {
  const btf = builtinBtf();
  const way = random.below(4);
  if (way === 0) {
    const [kind, name] = random.pick(NAMED);
    return btf.find(kind, name) ?? 1;
  }
  const kinds = random.pick([
    ['struct', 'union'],
    ['struct'],
    ['union'],
    ['array'],
    ['enum', 'enum64'],
    ['typedef', 'int'],
    ['var', 'const', 'volatile', 'fwd', 'float', 'ptr', 'datasec'],
    undefined,
  ]);
  for (;;) {
    const id = 1 + random.below(btf.endId - 1);
    if (kinds && !kinds.includes(btf.type(id)!.kind)) continue;
    if (sizeOf(id) <= MAX_VALUE) return id;
  }
}

function fill(random: Random, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const way = random.below(5);
  const one = 2 + random.below(12);
  for (let i = 0; i < size; i++) {
    if (way === 0) bytes[i] = random.below(256);
    else if (way === 1 && random.below(one) === 0) bytes[i] = random.below(256);
    else if (way === 2) bytes[i] = random.below(8) === 0 ? 0 : 32 + random.below(95);
    else if (way === 3 && random.below(8) === 0) bytes.fill(random.pick([1, 0xff, 0x41]), i, i + 8);
  }
  return bytes;
}

/** A call of bpf_btf_find_by_name_kind; its result in the map `out`. */
function findRequest(random: Random, n: number): LoadRequest {
  const [kind, known] = random.pick(NAMED);
  const name = random.pick([known, known, known, 'nothing', '', 'vfs_read', 'double', `${known}\0x`]);
  const number = random.pick([BTF_KINDS[kind], BTF_KINDS[kind], random.below(21), 0, 33, -1]);
  const bytes = Buffer.from(`${name}\0`);
  const input = new Uint8Array(INPUT_SIZE);
  input.set(bytes);
  const code = new Code(input);
  code.insn(0xbf, 1, REG.in, 0, 0);
  code.insn(0xb7, 2, 0, 0, random.below(8) === 0 ? 1 + random.below(4) : bytes.length);
  code.insn(0xb7, 3, 0, 0, number);
  code.insn(0xb7, 4, 0, 0, random.below(20) === 0 ? 1 : 0);
  code.insn(0x85, 0, 0, 0, HELPERS.bpf_btf_find_by_name_kind.id);
  code.insn(0x7b, REG.out, 0, 0, 0);
  code.insn(0xb7, 0, 0, 0, 0);
  code.insn(0x95, 0, 0, 0, 0);
  const prog = {
    name: `find ${n}`,
    prog_type: 'syscall',
    prog_flags: ['sleepable'] as const,
    license: 'GPL',
    dump_maps: true,
  };
  return { ...prog, ...code.finish(), test_run: { ctx: '00'.repeat(8) } };
}

/** Program `n`: one call, its result and the text in the map `out`. */
export function snprintfBtfRequest(random: Random, n: number, maxRoom: number): LoadRequest {
  if (random.below(12) === 0) return findRequest(random, n);
  const id = random.below(60) === 0 ? random.pick([0, -1, 107_332, 0x7fff_ffff]) : pickType(random);
  const size = Math.min(MAX_VALUE, Math.max(8, Math.ceil(sizeOf(id) / 8) * 8));
  const room = random.below(3) === 0 ? 1 + random.below(80) : random.pick([256, maxRoom]);
  const flags = random.below(60) === 0 ? random.pick([16, 0x8000_0000, 31]) : random.below(16);
  const code = new Code(new Uint8Array());
  code.maps[0] = { ...code.maps[0]!, value_size: RESULT + maxRoom };
  const value = Buffer.from(fill(random, size)).toString('hex');
  code.maps[1] = { ...code.maps[1]!, value_size: size, updates: [{ key: '00000000', value }] };
  // struct btf_ptr on the stack
  if (random.below(25) === 0) {
    code.ld64(1, random.pick(NOWHERE));
    code.insn(0x7b, REG.fp, 1, -16, 0);
  } else code.insn(0x7b, REG.fp, REG.in, -16, 0);
  code.insn(0x62, REG.fp, 0, -8, id);
  code.insn(0x62, REG.fp, 0, -4, random.below(4) === 0 ? 1 : 0);
  code.insn(0xbf, 1, REG.out, 0, 0);
  code.insn(0x07, 1, 0, 0, RESULT);
  code.insn(0xb7, 2, 0, 0, room);
  code.insn(0xbf, 3, REG.fp, 0, 0);
  code.insn(0x07, 3, 0, 0, -16);
  code.insn(0xb7, 4, 0, 0, random.below(60) === 0 ? 8 : 16);
  code.ld64(5, BigInt(flags));
  code.insn(0x85, 0, 0, 0, HELPERS.bpf_snprintf_btf.id);
  code.insn(0x7b, REG.out, 0, 0, 0);
  code.insn(0xb7, 0, 0, 0, 0);
  code.insn(0x95, 0, 0, 0, 0);
  const prog_type = random.pick(PROG_TYPES);
  const run = prog_type === 'raw_tracepoint' ? { ctx: '00'.repeat(16) } : { data: '00'.repeat(64) };
  const named = (flags & UAPI.BTF_F_PTR_RAW) === 0 ? 'hashed' : 'raw';
  return { ...{ name: `${named} ${n}`, prog_type, license: 'GPL', dump_maps: true }, ...code.finish(), test_run: run };
}
