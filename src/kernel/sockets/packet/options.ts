/** TCP options as Linux reads and writes them. */
import { viewOf } from './ip.ts';

/** @kernel tcp_options_received */
export interface TcpOptions {
  readonly mss?: number;
  readonly wscale?: number;
  readonly sackOk: boolean;
  readonly ts?: { readonly val: number; readonly ecr: number };
}

const NOP = 1;
const MSS = 2;
const WINDOW = 3;
const SACK_PERM = 4;
const TIMESTAMP = 8;
const TCP_MAX_WSCALE = 14;

/** What a header's options say; those of SYNs count only there. @kernel tcp_parse_options */
export function parseTcpOptions(bytes: Uint8Array, syn: boolean): TcpOptions {
  const dv = viewOf(bytes);
  const found: { -readonly [K in keyof TcpOptions]: TcpOptions[K] } = { sackOk: false };
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at]!;
    if (kind === 0) break;
    if (kind === NOP) {
      at++;
      continue;
    }
    const size = bytes[at + 1] ?? 0;
    if (size < 2 || at + size > bytes.length) break;
    if (kind === MSS && size === 4 && syn && dv.getUint16(at + 2) !== 0) found.mss = dv.getUint16(at + 2);
    else if (kind === WINDOW && size === 3 && syn) found.wscale = Math.min(TCP_MAX_WSCALE, bytes[at + 2]!);
    else if (kind === SACK_PERM && size === 2 && syn) found.sackOk = true;
    else if (kind === TIMESTAMP && size === 10) found.ts = { val: dv.getUint32(at + 2), ecr: dv.getUint32(at + 6) };
    at += size;
  }
  return found;
}

const word16 = (v: number): number[] => [v >>> 8, v & 0xff];
const word32 = (v: number): number[] => [...word16(v >>> 16), ...word16(v & 0xffff)];

/** The option bytes of a header, a multiple of four. @kernel tcp_options_write */
export function tcpOptions({ mss, wscale, sackOk, ts }: TcpOptions): Uint8Array {
  const out: number[] = [];
  if (mss !== undefined) out.push(MSS, 4, ...word16(mss));
  if (ts) {
    out.push(...(sackOk ? [SACK_PERM, 2] : [NOP, NOP]), TIMESTAMP, 10, ...word32(ts.val), ...word32(ts.ecr));
  } else if (sackOk) out.push(NOP, NOP, SACK_PERM, 2);
  if (wscale !== undefined) out.push(NOP, WINDOW, 3, wscale);
  return Uint8Array.from(out);
}
