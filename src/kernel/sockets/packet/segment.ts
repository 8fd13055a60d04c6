/** TCP segments: read from packets, and built. */
import { UAPI } from '../../../spec/constants.ts';
import type { DropReason } from '../life.ts';
import { type IpView, transportChecksum, viewOf } from './ip.ts';
import { parseTcpOptions, type TcpOptions } from './options.ts';

const { IPPROTO_TCP } = UAPI;
const HEADER = 20;

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

/** A segment that came in; numbers as in its header. */
export interface Segment {
  readonly ip: IpView;
  readonly sport: number;
  readonly dport: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  /** Not scaled. */
  readonly window: number;
  readonly options: TcpOptions;
  readonly data: Uint8Array;
  /** The number behind the last byte, SYN and FIN counted. @kernel TCP_SKB_CB end_seq */
  readonly end: number;
}

/** Reads a segment, or says why it is none. @kernel tcp_v4_rcv, tcp_v6_rcv, tcp_v4_fill_cb */
export function readSegment(ip: IpView): Segment | DropReason {
  const { payload } = ip;
  if (payload.length < HEADER) return 'PKT_TOO_SMALL';
  const dv = viewOf(payload);
  const size = 4 * (payload[12]! >> 4);
  if (size < HEADER || size > payload.length) return 'PKT_TOO_SMALL';
  if (transportChecksum(ip.src, ip.dst, IPPROTO_TCP, payload) !== 0) return 'TCP_CSUM';
  const flags = payload[13]! & 0x3f;
  const seq = dv.getUint32(4);
  const data = payload.slice(size);
  return {
    ip,
    sport: dv.getUint16(0),
    dport: dv.getUint16(2),
    seq,
    ack: dv.getUint32(8),
    flags,
    window: dv.getUint16(14),
    options: parseTcpOptions(payload.subarray(HEADER, size), (flags & SYN) !== 0),
    data,
    end: (seq + data.length + (flags & SYN ? 1 : 0) + (flags & FIN)) >>> 0,
  };
}

/** A header to be sent. */
export interface SegmentSpec {
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  readonly sport: number;
  readonly dport: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  /** A multiple of four bytes. */
  readonly options?: Uint8Array;
  readonly data?: Uint8Array;
}

/** Header, options and data with the checksum. */
export function segmentBytes(spec: SegmentSpec): Uint8Array {
  const options = spec.options ?? new Uint8Array(0);
  const data = spec.data ?? new Uint8Array(0);
  const size = HEADER + options.length;
  const out = new Uint8Array(size + data.length);
  const dv = viewOf(out);
  dv.setUint16(0, spec.sport);
  dv.setUint16(2, spec.dport);
  dv.setUint32(4, spec.seq);
  dv.setUint32(8, spec.ack);
  dv.setUint16(12, (size << 10) | spec.flags);
  dv.setUint16(14, spec.window);
  out.set(options, HEADER);
  out.set(data, size);
  dv.setUint16(16, transportChecksum(spec.src, spec.dst, IPPROTO_TCP, out));
  return out;
}

const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;
const after = (a: number, b: number): boolean => before(b, a);
export const seqCmp = { before, after } as const;
