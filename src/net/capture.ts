/** The common model of capture files, and reading one whatever its format. */

import { toHex } from '../util/hex.ts';
import type { Problem } from '../util/problem.ts';
import { netProblem } from './messages.ts';
import { isPcap, readPcap } from './pcap.ts';
import { isPcapng, readPcapng } from './pcapng.ts';

/** LINKTYPE_ETHERNET. */
export const LINKTYPE_ETHERNET = 1;

/** Link types by their LINKTYPE_ names, those that captures of this field come in. */
const LINK_TYPES: Readonly<Record<number, string>> = {
  0: 'NULL',
  1: 'ETHERNET',
  12: 'RAW',
  101: 'RAW',
  105: 'IEEE802_11',
  113: 'LINUX_SLL',
  127: 'IEEE802_11_RADIOTAP',
  228: 'IPV4',
  229: 'IPV6',
  253: 'NETLINK',
  276: 'LINUX_SLL2',
};

/** One packet of a capture. */
export interface CapturePacket {
  /** Nanoseconds since 1970-01-01 00:00 UTC. */
  readonly timeNs: bigint;
  /** The bytes captured; as read they are a view of the file's bytes. */
  readonly bytes: Uint8Array;
  /** Length of the packet on the wire, at least as many as captured. */
  readonly origLen: number;
  /** Index into the capture's interfaces. */
  readonly interface: number;
  /** pcapng opt_comment; several are joined by line feeds. */
  readonly comment?: string;
  /** pcapng epb_flags: bits 0-1 direction (1 in, 2 out), 2-4 reception, 16-31 link layer errors. */
  readonly flags?: number;
}

export interface CaptureInterface {
  readonly linkType: number;
  /** 0 is without limit. */
  readonly snapLen: number;
  readonly name?: string;
  /** Time stamp units in a second as the file has them: 1000000n, 1000000000n, … */
  readonly unitsPerSecond: bigint;
}

export interface Capture {
  readonly format: 'pcap' | 'pcapng';
  readonly byteOrder: 'little' | 'big';
  readonly interfaces: readonly CaptureInterface[];
  /** Every packet that could be read, in file order. */
  readonly packets: readonly CapturePacket[];
}

/** A capture as far as it could be read; `capture` is missing when the bytes are no capture file at all. */
export interface CaptureRead {
  readonly capture?: Capture;
  /** What is truncated, corrupt or not Ethernet, with its byte offset in the file; at most 117. */
  readonly problems: readonly Problem[];
}

/**
 * Reads a pcap or pcapng file; the format is told by its first bytes. Work and memory are bounded by the file's size
 * whatever lengths it claims.
 */
export function readCapture(file: Uint8Array): CaptureRead {
  if (file.length === 0) return { problems: [netProblem('empty-capture', { byte: 0 })] };
  const read = isPcapng(file) ? readPcapng(file) : isPcap(file) ? readPcap(file) : undefined;
  if (!read) {
    const how = compressionOf(file);
    if (how !== undefined) return { problems: [netProblem('compressed', { byte: 0 }, { how })] };
    return { problems: [netProblem('not-a-capture', { byte: 0 }, { magic: toHex(file.subarray(0, 4)) })] };
  }
  const { capture, problems } = read;
  const foreign = (capture?.interfaces ?? [])
    .map(({ linkType }, id) => ({ id, type: linkType }))
    .filter(({ type }) => type !== LINKTYPE_ETHERNET)
    .slice(0, 16)
    .map((args) => netProblem('link-type', {}, { ...args, name: linkTypeName(args.type) }));
  return { ...(capture ? { capture } : {}), problems: [...foreign, ...problems] };
}

function compressionOf(file: Uint8Array): string | undefined {
  const magic = toHex(file.subarray(0, 4));
  if (magic.startsWith('1f8b')) return 'gzip';
  if (magic === '28b52ffd') return 'zstd';
  return magic === '04224d18' ? 'lz4' : undefined;
}

/** `LINUX_SLL`, or `unknown`. */
function linkTypeName(type: number): string {
  return LINK_TYPES[type] ?? 'unknown';
}
