/**
 * Calls that keep registers which others lose (bpf_fastcall): the spills before such a call and the fills behind it can go, and the
 * stack that only they use.
 */
import type { Insn } from '../../isa/insn.ts';
import { helperAllowed, helperFor } from '../../spec/helpers/availability.ts';
import { helperRow } from '../../spec/helpers/index.ts';
import { argKind } from '../../spec/helpers/kinds.ts';
import type { Env, Subprog } from '../env.ts';
import { isCall } from '../program.ts';
import { FP } from '../state.ts';

const CALLER_SAVED = 0b11_1111;
const PAIRS = 6;
const WORD = 8;
/** Below any stack offset. */
const NOWHERE = -0x8000;

/** Kernel functions that keep registers (KF_FASTCALL). */
const FASTCALL_KFUNCS: ReadonlySet<string> = new Set(['bpf_cast_to_kern_ctx', 'bpf_rdonly_cast']);

/** Registers that a call may change, and whether the kernel writes it out in place. */
interface Clobber {
  readonly mask: number;
  readonly inlined: boolean;
}

const maskOf = (result: boolean, args: number): number => (result ? 1 : 0) | (((1 << args) - 1) << 1);

/** @kernel helper_fastcall_clobber_mask */
function ofHelper(env: Env, id: number): Clobber | undefined {
  const base = helperRow(id);
  const { caller } = env.facts;
  if (!base || !helperAllowed(base, caller)) return undefined;
  const row = helperFor(base, caller);
  let mask = maskOf(row.ret !== 'RET_VOID', 0);
  for (const [i, arg] of row.args.entries()) if (argKind(arg).base !== 'ARG_DONTCARE') mask |= 2 << i;
  return { mask, inlined: row.fastcall === true };
}

/** @kernel kfunc_fastcall_clobber_mask */
function ofKfunc(env: Env, i: number): Clobber | undefined {
  const desc = env.kfuncs.get(i);
  const func = desc?.btf.type(desc.func_id);
  const proto = func?.kind === 'func' ? desc?.btf.type(func.type) : undefined;
  if (!desc || proto?.kind !== 'func_proto') return undefined;
  return { mask: maskOf(proto.ret !== 0, proto.params.length), inlined: FASTCALL_KFUNCS.has(desc.name) };
}

function clobberOf(env: Env, i: number, insn: Insn): Clobber | undefined {
  if (isCall(insn, 'kfunc')) return ofKfunc(env, i);
  return insn.row?.kind === 'call' && insn.row.target === 'helper' ? ofHelper(env, insn.imm) : undefined;
}

const isSpill = ({ row, dst }: Insn): boolean =>
  row?.kind === 'store' && row.operand === 'reg' && row.size === WORD && dst === FP;
const isFill = ({ row, src }: Insn): boolean => row?.kind === 'load' && !row.signed && row.size === WORD && src === FP;

/** @kernel mark_fastcall_pattern_for_call */
function markCall(env: Env, sub: Subprog, i: number, lowest: number): void {
  const { insns, aux } = env;
  const clobber = clobberOf(env, i, insns[i]!);
  if (!clobber) return;
  let expected = ~clobber.mask & CALLER_SAVED;
  if (expected === 0) return;
  let off = lowest;
  let pairs = 0;
  for (; pairs < PAIRS; pairs++, off += WORD) {
    const [spill, fill] = [insns[i - pairs - 1], insns[i + pairs + 1]];
    if (!spill || !fill || !isSpill(spill) || !isFill(fill)) break;
    if (spill.src !== fill.dst || ((1 << spill.src) & expected) === 0) break;
    if (spill.off !== off || fill.off !== off) break;
    expected &= ~(1 << spill.src);
    aux[i - pairs - 1]!.fastcall_pattern = true;
    aux[i + pairs + 1]!.fastcall_pattern = true;
  }
  if (pairs === 0) return;
  if (clobber.inlined) aux[i]!.fastcall_spills_num = pairs;
  else sub.keep_fastcall_stack = true;
  sub.fastcall_stack_off = Math.min(sub.fastcall_stack_off, off);
}

/** @kernel mark_fastcall_patterns */
export function markFastcallPatterns(env: Env): void {
  for (const [s, sub] of env.subprogs.slice(0, -1).entries()) {
    const end = env.subprogs[s + 1]!.start;
    let lowest = 0;
    for (let i = sub.start; i < end; i++) if (isSpill(env.insns[i]!)) lowest = Math.min(lowest, env.insns[i]!.off);
    for (let i = sub.start; i < end; i++) if (env.insns[i]!.row?.kind === 'call') markCall(env, sub, i, lowest);
  }
}

/** Another access to the stack of such spills: they stay where they are. @kernel check_fastcall_stack_contract */
export function checkFastcallStackContract(env: Env, subprogno: number, off: number): void {
  const sub = env.subprogs[subprogno]!;
  if (sub.fastcall_stack_off <= off || env.aux[env.insn_idx]!.fastcall_pattern) return;
  sub.fastcall_stack_off = NOWHERE;
  for (let i = sub.start; i < env.subprogs[subprogno + 1]!.start; i++) {
    env.aux[i]!.fastcall_spills_num = 0;
    env.aux[i]!.fastcall_pattern = false;
  }
}

/** The spills and fills are gone; so is their stack, when no other call needs it. @kernel remove_fastcall_spills_fills */
export function removeFastcallSpillsFills(env: Env): void {
  for (const [s, sub] of env.subprogs.slice(0, -1).entries()) {
    const calls = env.aux.slice(sub.start, env.subprogs[s + 1]!.start);
    if (!sub.keep_fastcall_stack && calls.some((a) => a.fastcall_spills_num > 0))
      sub.stack_depth = -sub.fastcall_stack_off;
  }
}
