/** Map test cases as programs for the kernel: one unrolled sequence of helper calls on keys and values on the stack. */
import type { TestRunResult } from '../../src/spec/request.ts';
import { type MapCase, type RunAnswer, WALK_MAX } from '../../test/maps/replay.ts';

const KEY_AT = -256;
const VALUE_AT = -128;
const MAP_LOOKUP = 1;
const MAP_UPDATE = 2;
const MAP_DELETE = 3;
const FOR_EACH = 164;

/** One 8-byte insn as hex. */
export function insn(opcode: number, dst: number, src: number, off: number, imm: number): string {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setUint8(0, opcode);
  bytes.setUint8(1, (src << 4) | dst);
  bytes.setInt16(2, off, true);
  bytes.setInt32(4, imm, true);
  return Buffer.from(bytes.buffer).toString('hex');
}

const mov = (dst: number, imm: number): string => insn(0xb7, dst, 0, 0, imm);
const movReg = (dst: number, src: number): string => insn(0xbf, dst, src, 0, 0);
const addImm = (dst: number, imm: number): string => insn(0x07, dst, 0, 0, imm);
const call = (id: number): string => insn(0x85, 0, 0, 0, id);
export const ldMap = (dst: number, map: number, src = 1): readonly string[] => [
  insn(0x18, dst, src, 0, map),
  insn(0, 0, 0, 0, 0),
];

function storeBytes(hex: string, at: number): string[] {
  const bytes = Buffer.from(hex.padEnd(Math.ceil(hex.length / 16) * 16, '0'), 'hex');
  const out: string[] = [];
  for (let i = 0; i < bytes.length; i += 4) out.push(insn(0x62, 10, 0, at + i, bytes.readInt32LE(i)));
  return out;
}

/** Maps of the request: 0 the map under test, 1 the results, 2 what walks met. */
const stackAddr = (dst: number, at: number): string[] => [movReg(dst, 10), addImm(dst, at)];

function opInsns(test: MapCase, index: number): string[] {
  const op = test.ops[index]!;
  const store = insn(0x7b, 6, 0, 8 * index, 0);
  if (op[0] === 'e') return [...ldMap(1, 0), 'CB', insn(0, 0, 0, 0, 0), mov(3, 0), mov(4, 0), call(FOR_EACH), store];
  const head = [...storeBytes(op[1], KEY_AT), ...ldMap(1, 0), ...stackAddr(2, KEY_AT)];
  if (op[0] === 'd') return [...head, call(MAP_DELETE), store];
  if (op[0] === 'u') {
    const value = [...storeBytes(op[2], VALUE_AT), ...stackAddr(3, VALUE_AT)];
    return [...value, ...head, mov(4, op[3]), call(MAP_UPDATE), store];
  }
  const word = test.value_size >= 4;
  const found =
    op[0] === 'w'
      ? [insn(word ? 0x62 : 0x72, 0, 0, 0, op[2]), mov(1, 1), insn(0x7b, 6, 1, 8 * index, 0)]
      : [
          insn(word ? 0x61 : 0x71, 1, 0, 0, 0),
          mov(2, 1),
          insn(0x67, 2, 0, 0, 32),
          insn(0x4f, 1, 2, 0, 0),
          insn(0x7b, 6, 1, 8 * index, 0),
        ];
  return [insn(0x7a, 6, 0, 8 * index, 0), ...head, call(MAP_LOOKUP), insn(0x15, 0, 0, found.length, 0), ...found];
}

/** Appends the first four bytes of the key to map 2: { u32 count, u32 keys[WALK_MAX] }. */
function callback(keySize: number): string[] {
  return [
    insn(keySize >= 4 ? 0x61 : 0x71, 3, 2, 0, 0),
    ...ldMap(1, 2, 2),
    insn(0x61, 2, 1, 0, 0),
    insn(0x35, 2, 0, 6, WALK_MAX),
    movReg(4, 2),
    insn(0x67, 4, 0, 0, 2),
    addImm(2, 1),
    insn(0x63, 1, 2, 0, 0),
    insn(0x0f, 1, 4, 0, 0),
    insn(0x63, 1, 3, 4, 0),
    mov(0, 0),
    insn(0x95, 0, 0, 0, 0),
  ];
}

/** BTF with `int` as id 1, `int main(void)` and `static int cb(void)`, as ids 3 and 4. */
export function tinyBtf(): Buffer {
  const strings = Buffer.from('\0int\0main\0cb\0');
  const types: number[] = [
    ...[1, 0x01000000, 4, 0x01000020],
    ...[0, 0x0d000000, 1],
    ...[5, 0x0c000000, 2],
    ...[10, 0x0c000000, 2],
  ];
  const body = Buffer.alloc(4 * types.length);
  types.forEach((word, i) => {
    body.writeUInt32LE(word, 4 * i);
  });
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2);
  [24, 0, body.length, body.length, strings.length].forEach((word, i) => {
    header.writeUInt32LE(word, 4 + 4 * i);
  });
  return Buffer.concat([header, body, strings]);
}

/** The load request that runs a case on the kernel. */
export function requestOf(test: MapCase, name: string): Record<string, unknown> {
  const main = [...ldMap(6, 1, 2)];
  test.ops.forEach((_, i) => {
    main.push(...opInsns(test, i));
  });
  main.push(mov(0, 2), insn(0x95, 0, 0, 0, 0));
  const walks = test.ops.some(([code]) => code === 'e');
  const end = main.length;
  const insns = main.map((text, i) => (text === 'CB' ? insn(0x18, 2, 4, 0, end - i - 1) : text));
  if (walks) insns.push(...callback(test.key_size));
  const funcInfo = Buffer.alloc(16);
  [0, 3, end, 4].forEach((word, i) => {
    funcInfo.writeUInt32LE(word, 4 * i);
  });
  const { type, key_size, value_size, max_entries, map_flags } = test;
  const updates = test.pre.map(([key, value]) => ({ key, value, flags: 0 }));
  return {
    name,
    prog_type: 'sched_cls',
    license: 'GPL',
    log_level: 0,
    insns,
    dump_maps: true,
    maps: [
      { name: 'm', type, key_size, value_size, max_entries, map_flags, updates },
      { name: 'res', type: 'array', key_size: 4, value_size: Math.max(8, 8 * test.ops.length), max_entries: 1 },
      { name: 'walk', type: 'array', key_size: 4, value_size: 4 + 4 * (WALK_MAX + 4), max_entries: 1 },
    ],
    map_relocs: insns.flatMap((text, i) => {
      const src = Number.parseInt(text.slice(2, 3), 16);
      return text.startsWith('18') && (src === 1 || src === 2) ? [[i, Number.parseInt(text.slice(8, 10), 16)]] : [];
    }),
    ...(walks ? { btf: tinyBtf().toString('hex'), func_info: funcInfo.toString('hex'), func_info_rec_size: 8 } : {}),
    test_run: Array.from({ length: test.runs }, () => ({ data: '00'.repeat(64) })),
  };
}

/** The kernel's answer in the form of `replay`: the result and walk maps keep growing from run to run. */
export function answerOf(test: MapCase, runs: readonly TestRunResult[]): RunAnswer[] {
  let met = 0;
  return runs.map(({ maps = {} }) => {
    const results = Buffer.from(String(maps.res?.[0]?.[1] ?? '').padEnd(16 * test.ops.length, '0'), 'hex');
    const walked = Buffer.from(String(maps.walk?.[0]?.[1] ?? '').padEnd(8 * (WALK_MAX + 5), '0'), 'hex');
    const count = walked.readUInt32LE(0);
    const walk = Array.from({ length: count - met }, (_, i) => walked.readUInt32LE(4 + 4 * (met + i)));
    met = count;
    const r0 = test.ops.map((_, i) => results.readInt32LE(8 * i + 4) * 2 ** 32 + results.readUInt32LE(8 * i));
    const map = (maps.m ?? []).map(([key, value]) => [key, Array.isArray(value) ? value[0]! : value] as const);
    return { r0, walk, map };
  });
}
