/** Two answers to one request, the kernel's and ours: in what they differ. Addresses and ids that change from boot to boot are made equal first. */
import type { LoadResult } from '../../src/spec/request.ts';

/** What differs first, the worst first; `equal` when nothing does. */
export type Difference =
  | 'false accept'
  | 'false reject'
  | 'not covered'
  | 'errno'
  | 'last line'
  | 'processed line'
  | 'log'
  | 'equal';

export interface Comparison {
  readonly difference: Difference;
  readonly kernelRejects: boolean;
  readonly verdict: boolean;
  readonly lastLine: boolean;
  readonly processed: boolean;
  readonly log: boolean;
}

/** The lines of a log without what differs from boot to boot. */
export function logLines(log: string | undefined): string[] {
  return (log ?? '')
    .replace(/0xffff[0-9a-f]{8,12}/g, '0xADDR')
    .replace(/(\(18\) r\d = )0x0\b/g, '$10xADDR')
    .replace(/btf_id \d+/g, 'btf_id N')
    .replace(/(call (?!bpf_prog)[\w.]+)#\d{4,}/g, '$1#N')
    .replace(/verification time \d+ usec\n?/g, '')
    .trim()
    .split('\n')
    .map((line) => line.trimEnd());
}

const CLOSING = /^(processed |stack depth|verification time)/;

/** The line with the reason. */
export function lastLine(lines: readonly string[]): string {
  return lines.filter((line) => line !== '' && !CLOSING.test(line)).at(-1) ?? '';
}

function processedLine(lines: readonly string[]): string {
  return lines.filter((line) => line.startsWith('processed ')).at(-1) ?? '';
}

function firstDifference(kernel: LoadResult, ours: LoadResult, same: Omit<Comparison, 'difference'>): Difference {
  if (ours.verdict !== 'accept' && ours.verdict !== 'reject') return 'not covered';
  if (kernel.verdict !== ours.verdict) return ours.verdict === 'accept' ? 'false accept' : 'false reject';
  if (!same.verdict) return 'errno';
  if (same.kernelRejects && !same.lastLine) return 'last line';
  if (!same.processed) return 'processed line';
  return same.log ? 'equal' : 'log';
}

/** Compares one program's answers; undefined when the kernel had no verdict. */
export function compare(kernel: LoadResult, ours: LoadResult): Comparison | undefined {
  if (kernel.verdict !== 'accept' && kernel.verdict !== 'reject') return undefined;
  const [k, o] = [logLines(kernel.log), logLines(ours.log)];
  const same = {
    kernelRejects: kernel.verdict === 'reject',
    verdict: kernel.verdict === ours.verdict && (kernel.errno ?? 0) === (ours.errno ?? 0),
    lastLine: lastLine(k) === lastLine(o),
    processed: processedLine(k) === processedLine(o),
    log: k.join('\n') === o.join('\n'),
  };
  return { difference: firstDifference(kernel, ours, same), ...same };
}

/** One comparison for each program: each entry of `progs`, or the request itself. */
export function comparePrograms(kernel: LoadResult, ours: LoadResult): { name: string; comparison: Comparison }[] {
  const name = kernel.name ?? '';
  const pairs: (readonly [string, LoadResult, LoadResult])[] = kernel.progs
    ? kernel.progs.map((k, i) => [`${name}/${k.name ?? i}`, k as LoadResult, (ours.progs?.[i] ?? {}) as LoadResult])
    : [[name, kernel, ours]];
  return pairs.flatMap(([at, k, o]) => {
    const comparison = compare(k, o);
    return comparison ? [{ name: at, comparison }] : [];
  });
}
