/** The list of mutants that are known to survive, each with its reason: `mutants.json`. */
import type { Site } from './code.ts';

/** What an entry names: everything that it gives has to be so. */
export interface Listed {
  /** The file that it is written in, or all files of a folder: `lb/*`. Absent: every file. */
  readonly file?: string;
  readonly function?: string;
  /** The source line without comment. */
  readonly line: string;
  /** The insn, where the line is a macro's use. */
  readonly insn?: string;
  /** Which of several such insns in the function, from 1. */
  readonly nth?: number;
  /** One mutation or several, `imm +1`; `src *` is every one that begins so. */
  readonly mutation: string | readonly string[];
  /** No input can tell it from the original; then it is no mutant. */
  readonly equivalent?: boolean;
  readonly reason: string;
}

const matches = (pattern: string, text: string): boolean =>
  pattern === text || (pattern.endsWith('*') && text.startsWith(pattern.slice(0, -1)));

/** The entry that speaks of a mutant. */
export function listedAs(list: readonly Listed[], file: string, site: Site, what: string): Listed | undefined {
  const found = list.filter(
    (l) =>
      (l.file === undefined || matches(l.file, file)) &&
      (l.function === undefined || l.function === site.function) &&
      l.line === site.line &&
      (l.insn === undefined || l.insn === site.insn) &&
      (l.nth === undefined || l.nth === site.nth) &&
      [l.mutation].flat().some((pattern) => matches(pattern, what)),
  );
  // What speaks of one of several insns goes before what speaks of all.
  return found.find((l) => l.nth !== undefined) ?? found[0];
}

export interface ListFile {
  readonly about?: string;
  readonly mutants: readonly Listed[];
}

/** What is known of a mutant to hold the list against. */
interface Known {
  readonly file: string;
  readonly site: Site;
  readonly what: string;
  readonly fate: string;
}

const LEFT = ['survived', 'unexecuted', 'equivalent'];

/**
 * Entries that are not so: their mutants are noticed by now or, where all of them were judged (`whole`), are gone; of those that
 * are called equivalent none may be noticed.
 */
export function staleEntries(list: readonly Listed[], judged: readonly Known[], whole: boolean): readonly Listed[] {
  const left = new Set<Listed>();
  const noticed = new Set<Listed>();
  for (const { file, site, what, fate } of judged) {
    const entry = listedAs(list, file, site, what);
    if (entry) (LEFT.includes(fate) ? left : noticed).add(entry);
  }
  return list.filter((entry) => {
    if (entry.equivalent && noticed.has(entry)) return true;
    return !left.has(entry) && (whole || noticed.has(entry));
  });
}

/** Entries for survivors that have none, without their reasons. */
export function newEntries(survivors: readonly Known[]): readonly Listed[] {
  const found = new Map<string, { readonly of: Known; readonly what: Set<string> }>();
  for (const survivor of survivors) {
    const { file, site } = survivor;
    const key = JSON.stringify([file, site.function, site.line, site.insn, site.nth]);
    const entry = found.get(key) ?? { of: survivor, what: new Set() };
    found.set(key, entry);
    entry.what.add(survivor.what);
  }
  return [...found.values()].map(({ of: { file, site }, what }) => ({
    file,
    function: site.function,
    line: site.line,
    ...(site.insn !== undefined && { insn: site.insn }),
    ...(site.nth > 1 && { nth: site.nth }),
    mutation: what.size === 1 ? [...what][0]! : [...what],
    reason: '',
  }));
}
