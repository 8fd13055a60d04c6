/** Builds load requests that call helpers and keep what they answered: results and buffers land in an array map. */
import type { LoadRequest } from '../../src/spec/request.ts';
import { tinyBtf } from '../maps/program.ts';

/** One 8-byte insn as hex. */
function insn(opcode: number, dst: number, src: number, off: number, imm: number): string {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setUint8(0, opcode);
  bytes.setUint8(1, (src << 4) | dst);
  bytes.setInt16(2, off, true);
  bytes.setInt32(4, Number(BigInt.asIntN(32, BigInt(imm))), true);
  return Buffer.from(bytes.buffer).toString('hex');
}

/**
 * An argument: a 64-bit constant, the context, bytes at an offset of the input or output map, a map by index, or the
 * result of the call before, kept in R7 (the program checks it for NULL).
 */
export type Arg =
  | bigint
  | 'ctx'
  | 'kept'
  | 'callback'
  | { readonly in: number }
  | { readonly out: number }
  | { readonly stack: number }
  | { readonly map: number }
  /** The value of a map of one element that holds a text. */
  | { readonly text: number };

export interface Call {
  readonly id: number;
  readonly args: readonly Arg[];
  /** Keep R0 (a pointer or NULL) in R7 and skip the rest of the program when it is NULL. */
  readonly keep?: true;
  /** R0 points to 8 bytes or is NULL: add one to them and store the sum. */
  readonly bump?: true;
}

/** A context field (offset, bytes) read into the output map. */
export interface Peek {
  readonly off: number;
  readonly size: 2 | 4 | 8;
}

const OUT_MAP = 0;
const IN_MAP = 1;
const OUT_SIZE = 1024;
/** Results, one u64 each, begin here in the output map's value; buffers come before. */
const RESULTS_AT = 512;

/** Stands for the insn that loads the callback's address until it is known. */
const CALLBACK = 'callback';

function loadArg(reg: number, arg: Arg): string[] {
  if (arg === 'ctx') return [insn(0xbf, reg, 6, 0, 0)];
  if (arg === 'callback') return [CALLBACK, insn(0, 0, 0, 0, 0)];
  if (arg === 'kept') return [insn(0xbf, reg, 7, 0, 0)];
  if (typeof arg === 'bigint') {
    const hi = Number(BigInt.asUintN(32, arg >> 32n));
    return [insn(0x18, reg, 0, 0, Number(BigInt.asUintN(32, arg))), insn(0, 0, 0, 0, hi)];
  }
  if ('map' in arg) return [insn(0x18, reg, 1, 0, arg.map), insn(0, 0, 0, 0, 0)];
  if ('text' in arg) return [insn(0x18, reg, 2, 0, arg.text), insn(0, 0, 0, 0, 0)];
  const [base, off] = 'in' in arg ? [8, arg.in] : 'out' in arg ? [9, arg.out] : [10, arg.stack];
  return [insn(0xbf, reg, base, 0, 0), insn(0x07, reg, 0, 0, off)];
}

const LOAD: Readonly<Record<Peek['size'], number>> = { 2: 0x69, 4: 0x61, 8: 0x79 };

/** The packet's socket as a full socket to R7; the program ends where there is none. */
const SOCKET = [
  insn(0x79, 7, 6, 168, 0),
  insn(0x55, 7, 0, 2, 0),
  insn(0xb7, 0, 0, 0, 0),
  insn(0x95, 0, 0, 0, 0),
  insn(0xbf, 1, 7, 0, 0),
  insn(0x85, 0, 0, 0, 95),
  insn(0x55, 0, 0, 2, 0),
  insn(0xb7, 0, 0, 0, 0),
  insn(0x95, 0, 0, 0, 0),
  insn(0xbf, 7, 0, 0, 0),
];

/** The array map that holds a text for ARG_PTR_TO_CONST_STR. */
export function textMap(name: string, text: string): NonNullable<LoadRequest['maps']>[number] {
  const bytes = new Uint8Array(64);
  bytes.set(Uint8Array.from(text, (c) => c.charCodeAt(0)).subarray(0, 63));
  const BPF_F_RDONLY_PROG = 128;
  return {
    name,
    type: 'array',
    key_size: 4,
    value_size: 64,
    max_entries: 1,
    map_flags: BPF_F_RDONLY_PROG,
    freeze: true,
    updates: [{ key: '00000000', value: hex(bytes) }],
  };
}

export interface Program {
  readonly name: string;
  readonly progType: string;
  /** Bytes of the input map. */
  readonly input: Uint8Array;
  readonly calls: readonly Call[];
  /** Context fields read at the end. */
  readonly peeks: readonly Peek[];
  /** Maps after the output (0) and input (1) map. */
  readonly maps?: LoadRequest['maps'];
  /** Begin with the packet's socket as the kept pointer. */
  readonly socket?: true;
  /** A callback for bpf_loop: adds its index to the word at its context, stops after this index. */
  readonly stopAt?: number;
  /** Words on the stack from offset -96 on. */
  readonly stack?: readonly Arg[];
  readonly packet: Uint8Array;
  readonly ctx?: Uint8Array;
  readonly flags?: number;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export function request(program: Program): LoadRequest {
  const relocs: [number, number][] = [];
  const code: string[] = [insn(0xbf, 6, 1, 0, 0)];
  for (const [reg, map] of [
    [8, IN_MAP],
    [9, OUT_MAP],
  ] as const) {
    relocs.push([code.length, map]);
    code.push(insn(0x18, reg, 2, 0, 0), insn(0, 0, 0, 0, 0));
  }
  if (program.socket) code.push(...SOCKET);
  for (const [at, value] of (program.stack ?? []).entries()) {
    code.push(...loadArg(1, value), insn(0x7b, 10, 1, 8 * at - 96, 0));
  }
  let slot = RESULTS_AT;
  for (const call of program.calls) {
    call.args.forEach((arg, i) => {
      if (typeof arg === 'object' && 'map' in arg) relocs.push([code.length, arg.map]);
      if (typeof arg === 'object' && 'text' in arg) relocs.push([code.length, arg.text]);
      code.push(...loadArg(i + 1, arg));
    });
    code.push(insn(0x85, 0, 0, 0, call.id));
    if (call.keep)
      code.push(insn(0x55, 0, 0, 2, 0), insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0), insn(0xbf, 7, 0, 0, 0));
    else if (call.bump) {
      const add = [insn(0x79, 1, 0, 0, 0), insn(0x07, 1, 0, 0, 1), insn(0x7b, 0, 1, 0, 0), insn(0x7b, 9, 1, slot, 0)];
      code.push(insn(0x15, 0, 0, 4, 0), ...add);
    } else code.push(insn(0x7b, 9, 0, slot, 0));
    slot += 8;
  }
  for (const { off, size } of program.peeks) {
    code.push(insn(LOAD[size], 0, 6, off, 0), insn(0x7b, 9, 0, slot, 0));
    slot += 8;
  }
  if (program.stopAt !== undefined) code.push(insn(0x79, 1, 10, -96, 0), insn(0x7b, 9, 1, slot, 0));
  code.push(insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0));
  const end = code.length;
  code.forEach((text, i) => {
    if (text === CALLBACK) code[i] = insn(0x18, 2, 4, 0, end - i - 1);
  });
  if (program.stopAt !== undefined) {
    const add = [insn(0x79, 3, 2, 0, 0), insn(0x0f, 3, 1, 0, 0), insn(0x7b, 2, 3, 0, 0), insn(0xb7, 0, 0, 0, 0)];
    code.push(...add, insn(0x55, 1, 0, 1, program.stopAt), insn(0xb7, 0, 0, 0, 1), insn(0x95, 0, 0, 0, 0));
  }
  const funcInfo = Buffer.alloc(16);
  [0, 3, end, 4].forEach((word, i) => {
    funcInfo.writeUInt32LE(word, 4 * i);
  });
  const types = { btf: tinyBtf().toString('hex'), func_info: funcInfo.toString('hex'), func_info_rec_size: 8 };
  return {
    ...(program.stopAt !== undefined && types),
    name: program.name,
    prog_type: program.progType,
    license: 'GPL',
    insns: code.join(''),
    map_relocs: relocs,
    dump_maps: true,
    maps: [
      { name: 'out', type: 'array', key_size: 4, value_size: OUT_SIZE, max_entries: 1 },
      {
        name: 'in',
        type: 'array',
        key_size: 4,
        value_size: 512,
        max_entries: 1,
        updates: [{ key: '00000000', value: hex(program.input) }],
      },
      ...(program.maps ?? []),
    ],
    test_run: {
      data: hex(program.packet),
      out_size: 20000,
      ...(program.ctx && { ctx: hex(program.ctx) }),
      ...(program.flags !== undefined && { flags: program.flags }),
    },
  };
}
