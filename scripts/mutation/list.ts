/** The list of mutants that are known to survive, each with its reason: `mutants.json`. */
import type { Site } from './code.ts';

/** What an entry names: everything that it gives has to be so. */
export interface Listed {
  /** `lb/tc.bpf tc_main`, or all programs of a file or folder: `lb/*`. Absent: every program. */
  readonly program?: string;
  readonly function?: string;
  /** The source line without comment. */
  readonly line: string;
  readonly insn?: string;
  /** Which of several such insns in the function, from 1. */
  readonly nth?: number;
  /** One mutation or several: `imm +1`. */
  readonly mutation: string | readonly string[];
  /** No input can tell it from the original; then it is no mutant. */
  readonly equivalent?: boolean;
  readonly reason: string;
}

const programMatches = (pattern: string | undefined, program: string): boolean =>
  pattern === undefined || pattern === program || (pattern.endsWith('*') && program.startsWith(pattern.slice(0, -1)));

/** The entry that speaks of a mutant. */
export function listedAs(list: readonly Listed[], program: string, site: Site, what: string): Listed | undefined {
  return list.find(
    (l) =>
      programMatches(l.program, program) &&
      (l.function === undefined || l.function === site.function) &&
      l.line === site.line &&
      (l.insn === undefined || l.insn === site.insn) &&
      (l.nth === undefined || l.nth === site.nth) &&
      (typeof l.mutation === 'string' ? l.mutation === what : l.mutation.includes(what)),
  );
}

export interface ListFile {
  readonly about?: string;
  readonly mutants: readonly Listed[];
}

/** What is known of a mutant to hold the list against. */
interface Known {
  readonly program: string;
  readonly site: Site;
  readonly what: string;
  readonly fate: string;
}

const LEFT = ['survived', 'unexecuted', 'equivalent'];

/** Entries that no mutant survives by any more: it is noticed, or gone. */
export function staleEntries(list: readonly Listed[], judged: readonly Known[]): readonly Listed[] {
  const used = new Set<Listed>();
  const wrong = new Set<Listed>();
  for (const { program, site, what, fate } of judged) {
    const entry = listedAs(list, program, site, what);
    if (!entry) continue;
    if (LEFT.includes(fate)) used.add(entry);
    // What no input can tell apart cannot be noticed.
    else if (entry.equivalent && fate !== 'verifier') wrong.add(entry);
  }
  return list.filter((entry) => !used.has(entry) || wrong.has(entry));
}
