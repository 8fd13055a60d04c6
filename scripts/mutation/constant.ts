/** Constants that could as well be others: whoever looks at them only asks what is true of both. */
import type { Insn } from '../../src/isa/insn.ts';
import type { Code } from './code.ts';
import { calleeOf, functionOf, successors } from './flow.ts';
import { answersOf, usesOf } from './live.ts';
import { immRange } from './range.ts';

/** What a register holds in the original and in the mutant, where that differs. */
type Pairs = ReadonlyMap<number, readonly [bigint, bigint]>;

interface At {
  readonly slot: number;
  readonly pairs: Pairs;
}

/** States that are looked at before the question is given up. */
const PATIENCE = 2000;
/** 32-bit operations take such numbers for what they are. */
const SMALL = 1n << 31n;

/** The operands of an operation in both programs; undefined where they are not known. */
function operands(insn: Insn, pairs: Pairs): readonly (readonly [bigint, bigint])[] | undefined {
  const { row, dst, src, imm } = insn;
  if (row?.kind !== 'jump' && row?.kind !== 'alu') return undefined;
  const right = row.operand === 'imm' ? immRange(imm, 64).lo : undefined;
  const second = right === undefined ? pairs.get(src) : ([right, right] as const);
  const first = pairs.get(dst);
  if (row.kind === 'alu' && row.op === 'mov') return second && [second, second];
  if (!first || !second) return undefined;
  const small = [...first, ...second].every((v) => v < SMALL);
  return row.width === 64 || small ? [first, second] : undefined;
}

/** Where both programs are behind an insn that reads what differs; undefined where it lets them go different ways. */
function behind(insn: Insn, { slot, pairs }: At): readonly At[] | undefined {
  const { row, dst } = insn;
  const known = operands(insn, pairs);
  if (!known) return undefined;
  const [[a, b], [c, d]] = known as [readonly [bigint, bigint], readonly [bigint, bigint]];
  if (row?.kind === 'jump') {
    const taken = row.eval(a, c);
    const [next, target] = successors(insn, slot);
    return taken === row.eval(b, d) ? [{ slot: taken ? target! : next!, pairs }] : undefined;
  }
  if (row?.kind !== 'alu') return undefined;
  const after = new Map(pairs);
  const [x, y] = [row.eval(a, c), row.eval(b, d)];
  if (x === y) after.delete(dst);
  else after.set(dst, [x, y]);
  return successors(insn, slot).map((to) => ({ slot: to, pairs: after }));
}

/** The callers of a function get r0; undefined where somebody else does. */
function returned(
  { insns, entries }: Code,
  { slot, pairs }: At,
  answers: readonly boolean[],
): readonly At[] | undefined {
  const f = functionOf(entries, slot);
  const r0 = pairs.get(0);
  if (!r0) return [];
  if (answers[f]) return undefined;
  return insns.flatMap((insn, at) =>
    insn && calleeOf(insn, at) === entries[f] ? [{ slot: at + 1, pairs: new Map([[0, r0]]) }] : [],
  );
}

/**
 * Whether a program does the same when `register` holds `theirs` instead of `ours` behind an insn: all that it is asked for is
 * answered alike.
 *
 * @param live what is read later, by `liveBefore`
 */
export function isAlike(
  code: Code,
  slot: number,
  register: number,
  [ours, theirs]: readonly [bigint, bigint],
  live: readonly number[],
): boolean {
  const answers = answersOf(code);
  const seen = new Set<string>();
  const first = new Map([[register, [ours, theirs] as const]]);
  const work: At[] = successors(code.insns[slot]!, slot).map((to) => ({ slot: to, pairs: first }));
  for (let at = work.pop(); at; at = work.pop()) {
    const key = `${at.slot} ${[...at.pairs].sort(([r], [s]) => r - s).join(' ')}`;
    if (at.pairs.size === 0 || seen.has(key)) continue;
    seen.add(key);
    const insn = code.insns[at.slot];
    if (!insn || seen.size > PATIENCE) return false;
    const callee = calleeOf(insn, at.slot);
    const { reads, writes } = usesOf(insn, live[callee ?? -1] ?? 0, 1);
    const read = [...at.pairs.keys()].some((r) => (reads & (1 << r)) !== 0);
    if (insn.row?.kind === 'exit') {
      const callers = returned(code, at, answers);
      if (!callers) return false;
      work.push(...callers);
    } else if (read) {
      const next = behind(insn, at);
      if (!next) return false;
      work.push(...next);
    } else {
      const pairs = new Map([...at.pairs].filter(([r]) => (writes & (1 << r)) === 0));
      work.push(...successors(insn, at.slot).map((to) => ({ slot: to, pairs })));
    }
  }
  return true;
}
