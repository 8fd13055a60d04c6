/** IPv4 and TCP options: one row per kind; reading is lossless for any bytes, so that a header builds back as it was. */

import { toHex } from '../util/hex.ts';
import type { Problem } from '../util/problem.ts';
import { encodeBytes } from './fields.ts';
import { netProblem } from './messages.ts';

/** One kind of option: its numbers' widths in bytes, and whether the last group of widths repeats. */
interface OptionRow {
  readonly kind: number;
  readonly name: string;
  /** A single byte, without a length. */
  readonly bare?: true;
  readonly widths?: readonly number[];
  readonly repeats?: true;
}

/** IANA, Internet Protocol Version 4 parameters. */
const IPV4_OPTIONS: readonly OptionRow[] = [
  { kind: 0, name: 'eol', bare: true },
  { kind: 1, name: 'nop', bare: true },
  { kind: 7, name: 'rr' },
  { kind: 68, name: 'timestamp' },
  { kind: 130, name: 'security' },
  { kind: 131, name: 'lsrr' },
  { kind: 136, name: 'stream-id', widths: [2] },
  { kind: 137, name: 'ssrr' },
  { kind: 148, name: 'ra', widths: [2] },
];

/** IANA, Transmission Control Protocol parameters; names as tcpdump prints them. */
const TCP_OPTIONS: readonly OptionRow[] = [
  { kind: 0, name: 'eol', bare: true },
  { kind: 1, name: 'nop', bare: true },
  { kind: 2, name: 'mss', widths: [2] },
  { kind: 3, name: 'wscale', widths: [1] },
  { kind: 4, name: 'sackOK', widths: [] },
  { kind: 5, name: 'sack', widths: [4, 4], repeats: true },
  { kind: 8, name: 'TS', widths: [4, 4] },
  { kind: 19, name: 'md5' },
  { kind: 28, name: 'uto', widths: [2] },
  { kind: 29, name: 'tcp-ao' },
  { kind: 34, name: 'tfo' },
];

const OPTION_TABLES = { ipv4: IPV4_OPTIONS, tcp: TCP_OPTIONS } as const;
export type OptionTable = keyof typeof OPTION_TABLES;

/**
 * An option as read. `values` for a kind whose row gives numbers, else `data` (the bytes after kind and length).
 * `kind` -1, name `raw`: bytes that are no options (after `eol`, or after a bad length).
 */
export interface PacketOption {
  readonly kind: number;
  readonly name: string;
  readonly values?: readonly number[];
  readonly data?: Uint8Array;
}

/** An option to build: by kind or name, with numbers, bytes or hex. */
export interface OptionSpec {
  readonly kind?: number;
  readonly name?: string;
  readonly values?: readonly number[];
  readonly data?: Uint8Array | string;
}

function numbersOf(row: OptionRow | undefined, data: Uint8Array): number[] | undefined {
  if (!row?.widths) return undefined;
  const one = row.widths.reduce((a, b) => a + b, 0);
  if (row.repeats ? data.length === 0 || data.length % one !== 0 : data.length !== one) return undefined;
  const values: number[] = [];
  for (let at = 0, i = 0; at < data.length; i++) {
    const width = row.widths[i % row.widths.length]!;
    let v = 0;
    for (let k = 0; k < width; k++) v = v * 256 + data[at++]!;
    values.push(v);
  }
  return values;
}

/** Reads `bytes[from..to)`; a bad length gives a problem at its byte and the rest as `raw`. */
export function parseOptions(
  table: OptionTable,
  bytes: Uint8Array,
  from: number,
  to: number,
  report: (p: Problem) => void,
): PacketOption[] {
  const rows = OPTION_TABLES[table];
  const out: PacketOption[] = [];
  let at = from;
  while (at < to) {
    const kind = bytes[at]!;
    const row = rows.find((r) => r.kind === kind);
    const name = row?.name ?? `unknown-${kind}`;
    if (row?.bare) {
      out.push({ kind, name });
      at++;
      if (name === 'eol') break;
      continue;
    }
    const length = at + 1 < to ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > to) {
      report(netProblem('bad-option', { byte: at }, { layer: table, kind, length, have: to - at }));
      break;
    }
    const data = bytes.slice(at + 2, at + length);
    const values = numbersOf(row, data);
    out.push(values ? { kind, name, values } : { kind, name, data });
    at += length;
  }
  if (at < to) out.push({ kind: -1, name: 'raw', data: bytes.slice(at, to) });
  return out;
}

function encodeOption(rows: readonly OptionRow[], spec: OptionSpec): Uint8Array | undefined {
  if (typeof spec !== 'object' || spec === null) return undefined;
  const data = spec.data === undefined ? new Uint8Array(0) : encodeBytes(spec.data);
  if (!data) return undefined;
  if (spec.name === 'raw') return data;
  const row = rows.find((r) => (spec.kind === undefined ? r.name === spec.name : r.kind === spec.kind));
  const kind = spec.kind ?? row?.kind;
  if (kind === undefined || !Number.isInteger(kind) || kind < 0 || kind > 255) return undefined;
  if (row?.bare) return Uint8Array.of(kind);
  const body: number[] = [];
  const widths = row?.widths ?? [];
  const values = spec.values ?? [];
  if (
    !Array.isArray(values) ||
    (values.length > 0 && !(row?.repeats ? values.length % widths.length === 0 : values.length === widths.length))
  ) {
    return undefined;
  }
  for (const [i, v] of values.entries()) {
    const width = widths[i % widths.length]!;
    if (!Number.isInteger(v) || v < 0 || v >= 2 ** (8 * width)) return undefined;
    for (let k = width - 1; k >= 0; k--) body.push(Math.floor(v / 2 ** (8 * k)) % 256);
  }
  const length = 2 + body.length + data.length;
  return length > 255 ? undefined : Uint8Array.of(kind, length, ...body, ...data);
}

/** The bytes of a list of options without padding; on a bad one its index. */
export function encodeOptions(table: OptionTable, specs: readonly OptionSpec[]): Uint8Array | { readonly bad: number } {
  const parts: number[] = [];
  for (const [i, spec] of specs.entries()) {
    const bytes = encodeOption(OPTION_TABLES[table], spec);
    // Neither header can hold more than 40 bytes of options; the limit only bounds the work.
    if (!bytes || parts.length + bytes.length > 255) return { bad: i };
    parts.push(...bytes);
  }
  return Uint8Array.from(parts);
}

/** `mss 1460`, `TS val 1 ecr 0`, `sack 1 {5:9}`, `nop` in tcpdump's manner. */
export function formatOption(o: PacketOption): string {
  const v = o.values;
  if (o.name === 'TS' && v) return `TS val ${v[0]} ecr ${v[1]}`;
  if (o.name === 'sack' && v) {
    const blocks = Array.from({ length: v.length / 2 }, (_, i) => `{${v[2 * i]}:${v[2 * i + 1]}}`);
    return `sack ${blocks.length} ${blocks.join('')}`;
  }
  const data = o.data ? ` 0x${toHex(o.data)}` : '';
  return `${o.name}${v && v.length > 0 ? ` ${v.join(' ')}` : ''}${data}`;
}
