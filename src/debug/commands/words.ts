/** Finding a command by what was typed, completing it, and the help on it: the same for every kind of session. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import { commandProblem } from './messages.ts';
import type { CommandRow } from './row.ts';
import { GROUPS } from './row.ts';

/** A line taken apart: `p/x r1` is `p`, `/x`, `r1`. */
export interface Line {
  readonly word: string;
  readonly format: string;
  readonly args: string;
}

export function splitLine(line: string): Line {
  const [, word = '', format = '', args = ''] = /^\s*([A-Za-z?][\w?-]*|[!:.])(\/\w*)?\s*(.*)$/s.exec(line) ?? [];
  return { word, format, args: args.trim() };
}

/** All words of a table. */
export function commandNames<S>(table: readonly CommandRow<S>[]): readonly string[] {
  return table.flatMap((row) => row.names);
}

/** The command of a word: its name, an abbreviation, or the beginning of one name only. */
export function findCommand<S>(table: readonly CommandRow<S>[], word: string): Result<CommandRow<S>> {
  const exact = table.find((row) => row.names.includes(word));
  if (exact) return ok(exact);
  const begun = table.filter((row) => word !== '' && row.names[0].startsWith(word));
  if (begun.length === 1) return ok(begun[0]!);
  if (begun.length > 1) {
    return fail(commandProblem('ambiguous', {}, { word, known: begun.map((row) => row.names[0]).join(', ') }));
  }
  const hint = suggest(word, commandNames(table));
  const help = hint === undefined ? "'help' lists the commands" : `did you mean '${hint}'?`;
  return fail(commandProblem('unknown', {}, { word, help }));
}

/** Completions of the last word of a line, whole words. */
export function completions<S>(table: readonly CommandRow<S>[], session: S, line: string): readonly string[] {
  const split = /^\s*(\S+)\s+(.*)$/s.exec(line);
  if (!split) {
    const word = line.trim();
    return table.map((row) => row.names[0]).filter((name) => name.startsWith(word));
  }
  const row = findCommand(table, split[1]!.replace(/\/.*$/, ''));
  const last = /[\w.$:*-]*$/.exec(split[2]!)![0];
  const known = row.ok ? (row.value.complete?.(session) ?? []) : [];
  return [...new Set(known)].filter((name) => name.startsWith(last));
}

const usage = <S>({ names, args }: CommandRow<S>): string => `${names[0]}${args === undefined ? '' : ` ${args}`}`;

/** Help on a command, or the list of all. */
export function helpLines<S>(table: readonly CommandRow<S>[], word: string): Result<string[]> {
  if (word !== '') {
    const found = findCommand(table, word);
    if (!found.ok) return found;
    const row = found.value;
    const also = row.names.length > 1 ? [`  short: ${row.names.slice(1).join(', ')}`] : [];
    return ok([usage(row), `  ${row.help}`, ...also, ...(row.more ?? []).map((line) => `  ${line}`)]);
  }
  const width = Math.max(...table.map((row) => usage(row).length)) + 2;
  const lines = Object.entries(GROUPS).flatMap(([group, title]) => {
    const rows = table.filter((row) => row.group === group);
    return rows.length === 0 ? [] : [`${title}:`, ...rows.map((row) => `  ${usage(row).padEnd(width)}${row.help}`)];
  });
  return ok([...lines, "'help COMMAND' says more; beginnings of words will do; an empty line repeats a step."]);
}
