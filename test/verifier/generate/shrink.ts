/** Smaller versions of a generated program: lines left out, many at first; the lines that make a loop go together. */
import type { Generated } from './program.ts';

const FINE = 28;

const isLabel = (line: string): boolean => line.endsWith(':') || line.startsWith('.');
const loopOf = (line: string): string | undefined => line.split('# ')[1];

/** Sets of lines that may go: each loop's own, each other line. */
function units(lines: readonly string[]): number[][] {
  const loops = new Map<string, number[]>();
  const out: number[][] = [];
  for (const [i, line] of lines.entries()) {
    if (isLabel(line)) continue;
    const loop = loopOf(line);
    const unit = loop === undefined ? undefined : loops.get(loop);
    if (unit) unit.push(i);
    else {
      out.push([i]);
      if (loop !== undefined) loops.set(loop, out.at(-1)!);
    }
  }
  return out;
}

/** A candidate and the lines it lacks. */
export interface Candidate {
  readonly program: Generated;
  readonly without: readonly number[];
}

function without(program: Generated, gone: readonly number[]): Candidate {
  const lines = program.lines.filter((_, i) => !gone.includes(i));
  return { program: withoutDeadLabels({ ...program, lines }), without: gone };
}

/** Candidates of one round; the caller keeps the shortest that still shows the difference. */
export function shrunk(program: Generated): Candidate[] {
  const all = units(program.lines);
  const out: Candidate[] = [];
  const coarse = all.length > FINE;
  for (let run = all.length >> 1; run >= (coarse ? all.length >> 4 : 1); run >>= 1) {
    for (let at = 0; at < all.length; at += run) out.push(without(program, all.slice(at, at + run).flat()));
  }
  if (program.typed === 'lines') out.push({ program: { ...program, typed: 'functions' }, without: [] });
  if (program.flags.length > 0) out.push({ program: { ...program, flags: [] }, without: [] });
  return out;
}

/** What several candidates that all showed the difference lack, left out together. */
export function together(program: Generated, shown: readonly Candidate[]): Candidate[] {
  const join = (some: readonly Candidate[]): Candidate =>
    without(program, [...new Set(some.flatMap((c) => c.without))]);
  const half = shown.length >> 1;
  const parts = [shown, shown.slice(0, half), shown.slice(half), shown.filter((_, i) => i % 2 === 0)];
  return parts.filter((part) => part.length > 1).map(join);
}

function withoutDeadLabels(program: Generated): Generated {
  const text = program.lines.filter((line) => !isLabel(line)).join('\n');
  const used = (line: string): boolean =>
    line.startsWith('.') || new RegExp(`(goto|call) ${line.slice(0, -1)}\\b`).test(text);
  return { ...program, lines: program.lines.filter((line) => !isLabel(line) || used(line)) };
}

/** How large a program is, for choosing among candidates. */
export function sizeOf(program: Generated): number {
  const lines = program.lines.filter((line) => !isLabel(line)).length;
  return lines + program.flags.length + (program.typed === 'lines' ? 1 : 0);
}
