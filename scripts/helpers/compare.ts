/** Holds answers to generated programs against the kernel's. */
import type { LoadResult, MapDump, TestRunResult } from '../../src/spec/request.ts';
import { BUFFERS } from './code.ts';
import type { Generated } from './generate.ts';

const WORD = 16;

interface Count {
  programs: number;
  refused: number;
  equal: number;
  different: number;
  notSimulated: number;
}

function outMap(run: TestRunResult): string {
  const value = run.maps?.out?.[0]?.[1];
  return typeof value === 'string' ? value : '';
}

/** Words of the output map that differ, named. */
function outDifferences(labels: readonly string[], kernel: string, ours: string): string[] {
  const lines: string[] = [];
  const length = Math.max(kernel.length, ours.length);
  const [k, o] = [kernel.padEnd(length, '0'), ours.padEnd(length, '0')];
  for (let at = 0; at < length; at += WORD) {
    const [a, b] = [k.slice(at, at + WORD), o.slice(at, at + WORD)];
    if (a === b) continue;
    const slot = (at / 2 - BUFFERS) / 8;
    lines.push(`  ${slot < 0 ? `out + ${at / 2}` : `${slot}: ${labels[slot]}`}: kernel ${a} ours ${b}`);
  }
  return lines;
}

function otherMaps(run: TestRunResult): Readonly<Record<string, MapDump>> {
  const { out: _out, in: _in, ...others } = run.maps ?? {};
  return others;
}

/** What differs between two runs, one line each. */
export function differences(labels: readonly string[], kernel: TestRunResult, ours: TestRunResult): string[] {
  const lines: string[] = [];
  for (const field of ['errno', 'retval', 'data_out', 'ctx_out'] as const) {
    if (field === 'ctx_out' && kernel.errno !== 0) continue;
    if ((kernel[field] ?? '') !== (ours[field] ?? '')) {
      lines.push(`  ${field}:\n    kernel ${kernel[field]}\n    ours   ${ours[field]}`);
    }
  }
  lines.push(...outDifferences(labels, outMap(kernel), outMap(ours)));
  const [a, b] = [JSON.stringify(otherMaps(kernel)), JSON.stringify(otherMaps(ours))];
  if (a !== b) lines.push(`  maps:\n    kernel ${a}\n    ours   ${b}`);
  return lines;
}

const json = (value: unknown): string =>
  JSON.stringify(value, (key, v) => {
    if (typeof v === 'bigint') return `0x${v.toString(16)}`;
    return key === 'map' || key === 'text' ? (v as { name: string }).name : v;
  });

export class Comparison {
  readonly #counts = new Map<string, Count>();
  readonly #refusals = new Map<string, number>();
  readonly #missing = new Map<string, number>();
  #shown = 0;
  different = 0;
  readonly #show: number;

  constructor(show: number) {
    this.#show = show;
  }

  /** False where the answers differ. */
  add(program: Generated, kernel: LoadResult, ours: LoadResult): boolean {
    const { hook, helper, labels, steps, request } = program;
    const count = this.#count(`${hook} ${helper}`);
    count.programs++;
    if (kernel.verdict !== 'accept') {
      count.refused++;
      const lines = (kernel.log ?? '').trim().split('\n');
      const reason = `${helper} ${kernel.verdict}: ${lines.find((line) => !/^(processed|verification|stack)/.test(line)) ?? kernel.detail ?? ''}`;
      this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
      return true;
    }
    const run = ours.test_run?.[0];
    if (!run) {
      count.notSimulated++;
      const why = `${hook}: ${ours.detail}`;
      this.#missing.set(why, (this.#missing.get(why) ?? 0) + 1);
      return true;
    }
    const lines = differences(labels, kernel.test_run![0]!, run);
    if (lines.length === 0) {
      count.equal++;
      return true;
    }
    count.different++;
    this.different++;
    if (this.#shown++ < this.#show) {
      const { data, ctx, flags } = request.test_run as { data?: string; ctx?: string; flags?: number };
      console.log(`${request.name}\n  data ${data}\n  ctx ${ctx} flags ${flags}`);
      for (const step of steps) console.log(`    ${json(step)}`);
      console.log(lines.join('\n'));
    }
    return false;
  }

  /** Totals, and each group with a difference. */
  summary(): string {
    const counts = [...this.#counts];
    const sum = (field: keyof Count): number => counts.reduce((total, [, count]) => total + count[field], 0);
    const bad = counts.filter(([, { different }]) => different > 0);
    const few = counts.filter(([, { programs, refused }]) => refused > programs / 2);
    const frequent = (map: Map<string, number>): string[] =>
      [...map]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 12)
        .map(([why, n]) => `  ${n} ${why}`);
    return [
      ...bad.map(([name, { different, programs }]) => `${name}: ${different} of ${programs} differ`),
      ...few.map(([name, { refused, programs }]) => `${name}: ${refused} of ${programs} refused by the verifier`),
      ...frequent(this.#refusals),
      ...frequent(this.#missing),
      `${counts.length} helpers in kinds of programs, ${sum('programs')} programs: ${sum('equal')} equal, ${sum('different')} different, ` +
        `${sum('refused')} refused by the verifier, ${sum('notSimulated')} not simulated`,
    ].join('\n');
  }

  #count(name: string): Count {
    const known = this.#counts.get(name);
    if (known) return known;
    const fresh = { programs: 0, refused: 0, equal: 0, different: 0, notSimulated: 0 };
    this.#counts.set(name, fresh);
    return fresh;
  }
}
