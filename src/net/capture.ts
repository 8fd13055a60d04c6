/** Reading a capture file whatever its format. */

import { toHex } from '../util/hex.ts';
import { type CaptureRead, LINKTYPE_ETHERNET } from './captureModel.ts';
import { netProblem } from './messages.ts';
import { isPcap, readPcap } from './pcap.ts';
import { isPcapng, readPcapng } from './pcapng.ts';

export type { Capture, CaptureInterface, CapturePacket, CaptureRead } from './captureModel.ts';

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
