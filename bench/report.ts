/** Prints measurements as a table and, with `--json`, as data. */

export interface Row {
  readonly name: string;
  /** Entries, bytes … whatever the case varies. */
  readonly size?: number;
  /** Per second of CPU time. */
  readonly rate: number;
  readonly unit: string;
  /** Cost as a multiple of another row's, measured in the same run. */
  readonly ratio?: number;
}

function human(rate: number): string {
  if (rate >= 1e6) return `${(rate / 1e6).toFixed(2)} M`;
  return rate >= 1e3 ? `${(rate / 1e3).toFixed(1)} k` : rate.toFixed(1);
}

export function report(title: string, rows: readonly Row[]): void {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ title, node: process.version, rows }));
    return;
  }
  console.log(`# ${title} (Node ${process.version}, CPU time)`);
  for (const r of rows) {
    const size = r.size === undefined ? '' : String(r.size);
    const ratio = r.ratio === undefined ? '' : `  x ${r.ratio.toFixed(2)}`;
    console.log(`${r.name.padEnd(36)} ${size.padStart(9)} ${human(r.rate).padStart(12)}${r.unit}${ratio}`);
  }
}
