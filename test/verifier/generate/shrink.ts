/** Smaller versions of a generated program: runs of lines left out, long runs first. */
import type { Generated } from './program.ts';

const isLabel = (line: string): boolean => line.endsWith(':');

/** Candidates of one round; the caller keeps the shortest that still shows the difference. */
export function shrunk(program: Generated): Generated[] {
  const { lines } = program;
  const out: Generated[] = [];
  const insns = lines.flatMap((line, i) => (isLabel(line) ? [] : [i]));
  for (let run = insns.length >> 1; run >= 1; run >>= 1) {
    for (let at = 0; at < insns.length; at += run) {
      const gone = new Set(insns.slice(at, at + run));
      out.push({ ...program, lines: lines.filter((_, i) => !gone.has(i)) });
    }
  }
  if (program.flags.length > 0) out.push({ ...program, flags: [] });
  return out.map(withoutDeadLabels);
}

function withoutDeadLabels(program: Generated): Generated {
  const text = program.lines.filter((line) => !isLabel(line)).join('\n');
  const used = (line: string): boolean => new RegExp(`\\b${line.slice(0, -1)}\\b`).test(text);
  return { ...program, lines: program.lines.filter((line) => !isLabel(line) || used(line)) };
}

/** How large a program is, for choosing among candidates. */
export function sizeOf(program: Generated): number {
  return program.lines.filter((line) => !isLabel(line)).length + program.flags.length;
}
