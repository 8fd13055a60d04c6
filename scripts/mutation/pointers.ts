/** What kinds of memory registers point to, as the verifier saw it. */
import type { Insn } from '../../src/isa/insn.ts';
import { helperRow } from '../../src/spec/helpers/index.ts';
import { argKind } from '../../src/spec/helpers/kinds.ts';
import type { RuleName } from '../../src/spec/rules.ts';
import type { VerifyJob } from '../../src/verifier/api.ts';
import { verifyJobs } from '../../src/verifier/api.ts';
import type { Recorder } from '../../src/verifier/recorder.ts';
import type { Reg } from '../../src/verifier/value/reg.ts';
import { STACK_SIZE } from '../../src/vm/frames.ts';
import type { Code } from './code.ts';
import type { Build } from './suite.ts';

/** Kinds of memory that never overlap; everything else may be anything. */
const MEMORY: Readonly<Record<string, string>> = {
  PTR_TO_STACK: 'stack',
  PTR_TO_PACKET: 'packet',
  PTR_TO_PACKET_META: 'packet',
  PTR_TO_MAP_VALUE: 'map value',
  PTR_TO_CTX: 'context',
  PTR_TO_SOCKET: 'socket',
  PTR_TO_SOCK_COMMON: 'socket',
  PTR_TO_TCP_SOCK: 'socket',
  PTR_TO_XDP_SOCK: 'socket',
};

/** What the verifier has seen of pointers. */
export interface Pointers {
  /** The kind of memory that a register points to before an insn, where it is always the same one. */
  kind(slot: number, register: number): string | undefined;
  /**
   * Offsets from r10 of the bytes of its own frame that an insn reads, or what it calls; undefined where the verifier never was,
   * or where it may be any.
   */
  reads(slot: number): ReadonlySet<number> | undefined;
}

const nothing = (): void => undefined;
const SLICE = 100_000;

/** Bytes that are read through a pointer. */
interface Access {
  readonly pointer: Reg;
  /** From where the pointer points. */
  readonly off: number;
  /** Bytes; undefined: any number of them. */
  readonly size: number | undefined;
}

/** What an insn itself reads through registers; what a local call does is seen in the callee. */
function accesses(insn: Insn, reg: (r: number) => Reg): readonly Access[] {
  const { row } = insn;
  if (row?.kind === 'load') return [{ pointer: reg(insn.src), off: insn.off, size: row.size }];
  if (row?.kind === 'atomic') return [{ pointer: reg(insn.dst), off: insn.off, size: row.size }];
  if (row?.kind !== 'call' || row.target === 'local') return [];
  const args = row.target === 'helper' ? helperRow(insn.imm)?.args : undefined;
  if (!args) return [1, 2, 3, 4, 5].map((r) => ({ pointer: reg(r), off: 0, size: undefined }));
  const kinds = args.map(argKind);
  const map = kinds.findIndex(({ base }) => base === 'ARG_CONST_MAP_PTR');
  const info = map < 0 ? undefined : reg(map + 1).map;
  return kinds.flatMap(({ base, flags }, i): Access[] => {
    const pointer = reg(i + 1);
    // What the helper fills it need not read.
    if (flags.has('MEM_UNINIT')) return [];
    if (base === 'ARG_PTR_TO_MAP_KEY') return [{ pointer, off: 0, size: info?.key_size }];
    if (base === 'ARG_PTR_TO_MAP_VALUE') return [{ pointer, off: 0, size: info?.value_size }];
    const sized = kinds[i + 1]?.base.startsWith('ARG_CONST_SIZE') ?? false;
    return [{ pointer, off: 0, size: sized ? Number(reg(i + 2).umax_value) : undefined }];
  });
}

/** Walks a program with the verifier and notes the types of its registers, and what it reads of its stack. */
export function pointersOf({ input, allow, verified }: Build, { name, insns }: Code): Pointers {
  const kinds = new Map<number, (string | undefined)[]>();
  /** By insn; undefined: any byte. */
  const reads = new Map<number, Set<number> | undefined>();
  const note = (at: number, { pointer, off, size }: Access): void => {
    if (pointer.type !== 'PTR_TO_STACK') return;
    const known = reads.get(at);
    if (!known) return;
    if (size === undefined || size > STACK_SIZE || pointer.var_off.mask !== 0n) return void reads.set(at, undefined);
    const from = pointer.off + Number(BigInt.asIntN(64, pointer.var_off.value)) + off;
    for (let byte = from; byte < from + size; byte++) known.add(byte);
  };
  const recorder: Recorder = {
    start: nothing,
    branch: nothing,
    later: nothing,
    remembered: nothing,
    pruned: nothing,
    insn({ frame }, at) {
      const { regs } = frame.at(-1)!;
      const known = kinds.get(at);
      const now = regs.map(({ v }) => MEMORY[v.type]);
      kinds.set(at, known ? known.map((kind, r) => (kind === now[r] ? kind : undefined)) : now);
      if (!reads.has(at)) reads.set(at, new Set());
      for (const access of accesses(insns[at]!, (r) => regs[r]!.v)) {
        const { frameno } = access.pointer;
        // What a callee reads of a caller's frame the caller's call reads.
        note(frameno === frame.length - 1 ? at : (frame[frameno + 1]?.callsite ?? at), access);
      }
    },
  };
  if (!verified) return { kind: nothing, reads: nothing } as Pointers;
  const options = { prog: name, allow: allow as readonly RuleName[], logLevel: 0, recorder };
  const jobs = verifyJobs(input.request, options);
  for (const job of jobs.ok ? jobs.value : ([] as readonly VerifyJob[])) while (!job.advance(SLICE));
  return { kind: (slot, register) => kinds.get(slot)?.[register], reads: (slot) => reads.get(slot) };
}
