/** Builds load requests of helper calls whose results land in an array map; R6 context, R7 kernel object, R8 input, R9 output. */

import { HELPERS } from '../../src/spec/helpers/index.ts';
import type { HelperName } from '../../src/spec/helpers/params.ts';
import { offsetOf } from '../../src/spec/layouts.ts';
import type { LoadRequest, MapRequest, TestRunRequest } from '../../src/spec/request.ts';
import { insn, ldMap, tinyBtf } from '../maps/program.ts';

/** A constant, the context, the kernel object in R7, bytes of the input or output map, of the stack, a map by index, a callback. */
export type Arg =
  | bigint
  | 'ctx'
  | 'object'
  | 'callback'
  /** The object in R7 plus bytes. */
  | { readonly object: number }
  | { readonly in: number }
  | { readonly out: number }
  | { readonly stack: number }
  | { readonly map: number };

/** A load through R7, whose value is the result. */
export interface Load {
  readonly load: number;
  readonly size: 4 | 8;
}

export interface Call {
  readonly helper: HelperName;
  readonly args: readonly Arg[];
  /**
   * What is kept of R0: all of it, whether it is 0, only a negative value or 0 for others, or (for pointers to 8 bytes) those
   * bytes, which then grow by one.
   */
  readonly keep?: 'all' | 'nonzero' | 'error' | 'bump';
}

/** What R7 points to; a program ends early where it is not there. */
export type ObjectKind = 'task' | 'cgroup' | 'sock';

export interface Program {
  readonly name: string;
  readonly type: string;
  readonly object?: ObjectKind;
  readonly calls: readonly (Call | Load)[];
  /** Maps 2, 3 …; the input map is 1, the output map 0. */
  readonly maps?: readonly MapRequest[];
  /** Zero the buffers of the output map at the end: they hold what no two kernels have in common. */
  readonly scrub?: true;
  readonly run?: TestRunRequest;
  /** Runs of the program, one after the other. */
  readonly runs?: number;
}

const OUT_SIZE = 1024;
/** Results, 8 bytes each, begin here in the output map; buffers come before. */
export const RESULTS_AT = 512;
const INPUT = Uint8Array.from({ length: 256 }, (_, i) => (i % 32 === 31 ? 0 : 65 + (i % 57)));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const mov = (dst: number, src: number): string => insn(0xbf, dst, src, 0, 0);
const add = (dst: number, imm: number): string => insn(0x07, dst, 0, 0, imm);
const EXIT = [insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0)];
const call = (name: HelperName): string => insn(0x85, 0, 0, 0, HELPERS[name].id);
const notNull = (reg: number): string[] => [insn(0x55, reg, 0, 2, 0), ...EXIT];
const CALLBACK = 'callback';

function loadArg(reg: number, arg: Arg): string[] {
  if (arg === 'ctx') return [mov(reg, 6)];
  if (arg === 'object') return [mov(reg, 7)];
  if (arg === 'callback') return [CALLBACK, insn(0, 0, 0, 0, 0)];
  if (typeof arg === 'bigint') {
    const half = (shift: bigint): number => Number(BigInt.asIntN(32, arg >> shift));
    return [insn(0x18, reg, 0, 0, half(0n)), insn(0, 0, 0, 0, half(32n))];
  }
  if ('map' in arg) return [...ldMap(reg, arg.map)];
  const [base, offset] =
    'object' in arg ? [7, arg.object] : 'in' in arg ? [8, arg.in] : 'out' in arg ? [9, arg.out] : [10, arg.stack];
  return [mov(reg, base), add(reg, offset)];
}

const follow = (offset: number): string[] => [insn(0x79, 7, 7, offset, 0), ...notNull(7)];
const OBJECTS: Readonly<Record<ObjectKind, readonly string[]>> = {
  task: [call('bpf_get_current_task_btf'), mov(7, 0)],
  cgroup: [
    call('bpf_get_current_task_btf'),
    mov(7, 0),
    ...follow(offsetOf('task_struct', 'cgroups')),
    ...follow(offsetOf('css_set', 'dfl_cgrp')),
  ],
  sock: [insn(0x79, 7, 6, 168, 0), ...notNull(7), mov(1, 7), call('bpf_sk_fullsock'), ...notNull(0), mov(7, 0)],
};

/** Keeps R0 in the slot at an offset of the output map. */
function keepResult(keep: NonNullable<Call['keep']>, at: number): string[] {
  const store = insn(0x7b, 9, 0, at, 0);
  if (keep === 'all') return [store];
  if (keep === 'nonzero') return [insn(0x15, 0, 0, 1, 0), insn(0xb7, 0, 0, 0, 1), store];
  if (keep === 'error') return [insn(0xc5, 0, 0, 1, 0), insn(0xb7, 0, 0, 0, 0), store];
  const grow = [insn(0x79, 1, 0, 0, 0), add(1, 1), insn(0x7b, 0, 1, 0, 0), insn(0x7b, 9, 1, at, 0)];
  return [insn(0x15, 0, 0, grow.length, 0), ...grow];
}

/** The callback: adds one to the first word of the output map; its answer is 0. */
const callbackCode = [...ldMap(1, 0, 2), insn(0xb7, 2, 0, 0, 1), insn(0xc3, 1, 2, 0, 0), ...EXIT];

function testRun(type: string): TestRunRequest {
  if (type === 'raw_tracepoint') return { ctx: '11'.repeat(16), ctx_out_size: 0 };
  if (type === 'syscall') return { ctx: '11'.repeat(64), ctx_out_size: 0, out_size: 0 };
  return { data: `${'00'.repeat(12)}080045${'00'.repeat(49)}` };
}

const FUNC_INFO = (end: number): string => {
  const bytes = Buffer.alloc(16);
  [0, 3, end, 4].forEach((word, i) => {
    bytes.writeUInt32LE(word, 4 * i);
  });
  return bytes.toString('hex');
};

const SCRUB = Array.from({ length: RESULTS_AT / 8 }, (_, i) => insn(0x7a, 9, 0, 8 * i, 0));

export function request({
  name,
  type,
  object,
  calls,
  maps = [],
  scrub,
  run = testRun(type),
  runs = 1,
}: Program): LoadRequest {
  const code = [mov(6, 1), ...ldMap(8, 1, 2), ...ldMap(9, 0, 2), ...(object ? OBJECTS[object] : [])];
  calls.forEach((step, i) => {
    if ('load' in step) {
      code.push(insn(step.size === 4 ? 0x61 : 0x79, 0, 7, step.load, 0), insn(0x7b, 9, 0, RESULTS_AT + 8 * i, 0));
      return;
    }
    const { helper, args, keep = 'all' } = step;
    code.push(...args.flatMap((arg, n) => loadArg(n + 1, arg)), call(helper), ...keepResult(keep, RESULTS_AT + 8 * i));
  });
  code.push(...(scrub ? SCRUB : []), ...EXIT);
  const end = code.length;
  const called = code.includes(CALLBACK);
  const insns = code.map((text, i) => (text === CALLBACK ? insn(0x18, 3, 4, 0, end - i - 1) : text));
  if (called) insns.push(...callbackCode);
  const relocs = insns.flatMap((text, i): [number, number][] =>
    /^18[12]/.test(text) ? [[i, Number.parseInt(text.slice(8, 10), 16)]] : [],
  );
  const btf = { btf: tinyBtf().toString('hex'), func_info: FUNC_INFO(end), func_info_rec_size: 8 };
  return {
    name,
    prog_type: type,
    license: 'GPL',
    ...(type === 'syscall' && { prog_flags: ['sleepable'] }),
    ...(called && btf),
    insns: insns.join(''),
    map_relocs: relocs,
    dump_maps: true,
    maps: [
      { name: 'out', type: 'array', key_size: 4, value_size: OUT_SIZE, max_entries: 1 },
      {
        name: 'in',
        type: 'array',
        key_size: 4,
        value_size: 256,
        max_entries: 1,
        updates: [{ key: '00000000', value: hex(INPUT) }],
      },
      ...maps,
    ],
    test_run: Array.from({ length: runs }, () => run),
  };
}
