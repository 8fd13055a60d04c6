/** Mistakes that nobody thought of: lines left out, moved, said twice, with another register or number. */
import type { Random } from '../../random.ts';

const REGISTER = /\b([rw])(\d)\b/g;
const NUMBER = /(?<![\w.])-?\d+\b(?! ll)/g;

const STEPS = [-8, -4, -1, 1, 4, 8, 64, -512, 1000];

const fixed = (line: string): boolean => line.endsWith(':') || line.startsWith('.') || line.includes('# ');

/** The line with one of the matches replaced. */
function replaced(line: string, what: RegExp, random: Random, by: (m: RegExpMatchArray) => string): string {
  const all = [...line.matchAll(what)];
  if (all.length === 0) return line;
  const m = random.pick(all);
  return line.slice(0, m.index) + by(m) + line.slice(m.index + m[0].length);
}

function change(lines: string[], at: number, random: Random): void {
  const line = lines[at]!;
  const set = (text: string): void => {
    lines[at] = text;
  };
  random.weighted<void>([
    [3, () => void lines.splice(at, 1)],
    [1, () => void lines.splice(at, 0, line)],
    [
      2,
      () => {
        const [gone] = lines.splice(at, 1);
        lines.splice(Math.max(0, at - 1 - random.below(4)), 0, gone!);
      },
    ],
    [4, () => set(replaced(line, REGISTER, random, (m) => `${m[1]}${random.below(11)}`))],
    [3, () => set(replaced(line, NUMBER, random, (m) => String(Number(m[0]) + random.pick(STEPS))))],
  ]);
}

/** A copy with so many changes. */
export function mutated(lines: readonly string[], count: number, random: Random): string[] {
  const out = [...lines];
  for (let i = 0; i < count; i++) {
    const open = out.flatMap((line, at) => (fixed(line) ? [] : [at]));
    if (open.length > 0) change(out, random.pick(open), random);
  }
  return out;
}
