/** A change to a program as a unified diff. */
import type { Edit } from './catalogue/row.ts';
import type { PathStep } from './log/path.ts';
import type { ProgramSource } from './source.ts';
import { linesOf, listing, placeOf } from './source.ts';

const CONTEXT = 2;

/** A repair: the diff, and, where the whole text is known, the text as it is afterwards. */
export interface Fix {
  readonly diff: readonly string[];
  readonly file?: string;
  readonly repaired?: string;
}

/** Labels stand at the margin, insns as far in as the line they come before. */
function indented(lines: readonly string[], like: string): string[] {
  const indent = /^\s*/.exec(like)![0];
  return lines.map((line) => (line.endsWith(':') ? line : indent + line));
}

function hunk(before: readonly string[], at: number, added: readonly string[], removed: number): string[] {
  const from = Math.max(0, at - CONTEXT);
  const to = Math.min(before.length, at + removed + CONTEXT);
  return [
    `@@ -${from + 1},${to - from} +${from + 1},${to - from - removed + added.length} @@`,
    ...before.slice(from, at).map((l) => ` ${l}`),
    ...before.slice(at, at + removed).map((l) => `-${l}`),
    ...added.map((l) => `+${l}`),
    ...before.slice(at + removed, to).map((l) => ` ${l}`),
  ];
}

/** The change in the program's text; without it, in the insns of the log. */
export function makeFix(edit: Edit, source: ProgramSource | undefined, steps: readonly PathStep[]): Fix | undefined {
  const place = placeOf(source, edit.slot);
  const lines = place && linesOf(source, place.file);
  const removed = edit.replace ? 1 : 0;
  if (place && lines) {
    const at = place.line - 1;
    const line = lines[at] ?? '';
    // What shares its line with other statements, or comes from a macro, is not changed mechanically.
    if (line.includes(';') || /^\s*\S+:\s*\S/.test(line)) return undefined;
    const added = indented(edit.lines, line);
    const repaired = [...lines.slice(0, at), ...added, ...lines.slice(at + removed)].join('\n');
    return {
      diff: [`--- ${place.file}`, `+++ ${place.file}`, ...hunk(lines, at, added, removed)],
      file: place.file,
      repaired,
    };
  }
  const quoted = steps.find((s) => s.slot === edit.slot)?.source;
  if (quoted && edit.c) {
    const where = quoted.file === undefined ? 'the source' : `${quoted.file}:${quoted.line}`;
    return { diff: [`@@ ${where} @@`, ...edit.c.map((l) => `+    ${l}`), `     ${quoted.text}`] };
  }
  const known = new Map([...steps.map((s) => [s.slot, s.text] as const), ...listing(source)]);
  const slots = [...known.keys()].sort((a, b) => a - b);
  const at = slots.indexOf(edit.slot);
  if (at < 0) return undefined;
  const near = slots.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1);
  const text = (slot: number): string => `    ${known.get(slot)}`;
  const own = near.indexOf(edit.slot);
  return {
    diff: [
      `@@ insn ${edit.slot} @@`,
      ...near.slice(0, own).map((s) => ` ${text(s)}`),
      ...(edit.replace ? [`-${text(edit.slot)}`] : []),
      ...indented(edit.lines, '    ').map((l) => `+${l}`),
      ...near.slice(own + removed).map((s) => ` ${text(s)}`),
    ],
  };
}
