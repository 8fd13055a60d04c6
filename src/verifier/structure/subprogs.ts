/** Where subprograms begin, and that jumps stay inside them. */

import { jumpDistance } from '../../isa/disasm.ts';
import { HELPERS } from '../../spec/helpers/index.ts';
import type { Env, Err, Subprog } from '../env.ts';
import { reject, verbose } from '../env.ts';
import { classOf, isCall } from '../program.ts';
import { addKfuncCall } from './kfuncs.ts';

const MAX_SUBPROGS = 256;

/** Index of the subprog that begins at an insn, -1 when none does. */
export function findSubprog(env: Env, start: number): number {
  return env.subprogs.findIndex((s, i) => s.start === start && i < env.subprogs.length - 1);
}

/** @kernel subprog_is_global */
export function subprogIsGlobal(env: Env, subprog: number): boolean {
  return env.func_info_aux[subprog]?.linkage === 'global';
}

/** Name of a subprogram, '' where BTF has none. @kernel subprog_name */
export function subprogName(env: Env, subprog: number): string {
  return env.func_info_aux[subprog]?.name ?? '';
}

/** @kernel find_containing_subprog */
export function findContainingSubprog(env: Env, insn: number): Subprog {
  let found = env.subprogs[0]!;
  for (const s of env.subprogs) if (s.start <= insn) found = s;
  return found;
}

function subprogAt(start: number): Subprog {
  return {
    start,
    stack_depth: 0,
    has_tail_call: false,
    has_ld_abs: false,
    tail_call_reachable: false,
    is_cb: false,
    is_async_cb: false,
    changes_pkt_data: false,
    called: false,
    verified: false,
    fastcall_stack_off: 0,
    keep_fastcall_stack: false,
  };
}

/** Where functions begin, as far as the insns are fine. */
function findStarts(env: Env, starts: Set<number>): Err {
  for (const [i, insn] of env.insns.entries()) {
    const { row } = insn;
    if (isCall(insn, 'kfunc')) {
      const err = addKfuncCall(env, i, insn);
      if (err) return err;
      continue;
    }
    const local = isCall(insn, 'local');
    const callback = row?.kind === 'ld_imm64' && row.pseudo === 'func';
    if (!local && !callback) continue;
    const start = i + insn.imm + 1;
    if (start < 0 || start >= env.insns.length) return reject(env, 'call-destination');
    starts.add(start);
    if (starts.size > MAX_SUBPROGS) return reject(env, 'too-many-subprogs');
  }
  return 0;
}

/** @kernel add_subprog_and_kfunc */
export function addSubprogs(env: Env): Err {
  const starts = new Set([0]);
  const err = findStarts(env, starts);
  const sorted = [...starts].sort((a, b) => a - b);
  env.subprogs = [...sorted, env.insns.length].map(subprogAt);
  if (!err && env.log.level & 2) for (const [i, start] of sorted.entries()) verbose(env, `func#${i} @${start}\n`);
  return err;
}

/** @kernel check_subprogs */
export function checkSubprogs(env: Env): Err {
  const { insns, subprogs } = env;
  let cur = 0;
  for (const [i, insn] of insns.entries()) {
    const sub = subprogs[cur]!;
    const end = subprogs[cur + 1]!.start;
    const { row } = insn;
    if (row?.kind === 'call' && row.target === 'helper' && insn.imm === HELPERS.bpf_tail_call.id)
      sub.has_tail_call = true;
    if (row?.kind === 'ld_packet') sub.has_ld_abs = true;
    const cls = classOf(insn);
    const call = isCallOrExit(insn.code);
    if ((cls === 'JMP' || cls === 'JMP32') && !call) {
      const target = i + 1 + (jumpDistance(insn) ?? (isJal(insn.code) ? insn.imm : insn.off));
      if (target < sub.start || target >= end) return reject(env, 'jump-range', { from: i, to: target });
    }
    if (i !== end - 1) continue;
    if (!endsSubprog(insn.code)) return reject(env, 'last-insn');
    cur++;
  }
  return 0;
}

import { ROWS_BY_CODE, rowNamed } from '../../isa/opcodes.ts';

const JAL = rowNamed('jal').code;
const ENDS = new Set([rowNamed('exit').code, rowNamed('ja').code, JAL]);
const isJal = (code: number): boolean => code === JAL;
const endsSubprog = (code: number): boolean => ENDS.has(code);
const isCallOrExit = (code: number): boolean => {
  const kind = ROWS_BY_CODE[code]![0]?.kind;
  return kind === 'call' || kind === 'exit';
};
