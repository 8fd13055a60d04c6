/**
 * The classic pcap format (draft-ietf-opsawg-pcap): a 24-byte file header, then records of 16 bytes and data.
 * Micro- and nanosecond time stamps, both byte orders.
 */

import { fail, ok, type Problem, type Result } from '../util/problem.ts';
import type { CapturePacket, CaptureRead } from './captureModel.ts';
import { netProblem, ProblemList } from './messages.ts';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const MAGIC_MICRO = 0xa1b2c3d4;
const MAGIC_NANO = 0xa1b23c4d;
/** MAXIMUM_SNAPLEN of libpcap: no sane record is longer. */
const MAX_CAPTURED = 262144;

/** Whether the file begins with pcap's magic number. */
export function isPcap(file: Uint8Array): boolean {
  return magicOf(file) !== undefined;
}

function magicOf(file: Uint8Array): { readonly little: boolean; readonly nano: boolean } | undefined {
  if (file.length < 4) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, 4);
  for (const little of [true, false]) {
    const magic = view.getUint32(0, little);
    if (magic === MAGIC_MICRO || magic === MAGIC_NANO) return { little, nano: magic === MAGIC_NANO };
  }
  return undefined;
}

/** Reads a pcap file up to where it ends or a record's length makes no sense. */
export function readPcap(file: Uint8Array): CaptureRead {
  const magic = magicOf(file);
  if (!magic) return { problems: [netProblem('not-a-capture', { byte: 0 }, { magic: '' })] };
  const { little, nano } = magic;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const problems = new ProblemList();
  if (file.length < FILE_HEADER) {
    const args = { what: 'the file header', need: FILE_HEADER, left: file.length };
    return { problems: [netProblem('capture-truncated', { byte: 0 }, args)] };
  }
  const version = `${view.getUint16(4, little)}.${view.getUint16(6, little)}`;
  if (version !== '2.4') {
    problems.add(netProblem('unsupported-version', { byte: 4 }, { version, format: 'pcap', known: '2.4' }));
  }
  const snapLen = view.getUint32(16, little);
  // The upper half of the word tells whether frames end with their check sequence.
  const linkType = view.getUint32(20, little) & 0xffff;
  const unitsPerSecond = nano ? 1_000_000_000n : 1_000_000n;
  const packets = readRecords(file, view, little, nano, Math.max(snapLen, MAX_CAPTURED), problems);
  const interfaces = [{ linkType, snapLen, unitsPerSecond }];
  return {
    capture: { format: 'pcap', byteOrder: little ? 'little' : 'big', interfaces, packets },
    problems: problems.list,
  };
}

function readRecords(
  file: Uint8Array,
  view: DataView,
  little: boolean,
  nano: boolean,
  maxLength: number,
  problems: ProblemList,
): CapturePacket[] {
  const packets: CapturePacket[] = [];
  const max = nano ? 1_000_000_000 : 1_000_000;
  let at = FILE_HEADER;
  while (at < file.length) {
    const left = file.length - at - RECORD_HEADER;
    if (left < 0) {
      const args = { what: 'a record header', need: RECORD_HEADER, left: file.length - at };
      problems.add(netProblem('capture-truncated', { byte: at }, args));
      break;
    }
    const fraction = view.getUint32(at + 4, little);
    const length = view.getUint32(at + 8, little);
    const origLen = view.getUint32(at + 12, little);
    if (length > maxLength) {
      problems.add(netProblem('bad-record-length', { byte: at + 8 }, { length, max: maxLength }));
      break;
    }
    if (length > left) {
      problems.add(netProblem('capture-truncated', { byte: at }, { what: "a packet's data", need: length, left }));
      break;
    }
    if (fraction >= max) {
      const args = { value: fraction, unit: nano ? 'nanoseconds' : 'microseconds', max };
      problems.add(netProblem('bad-subsecond', { byte: at + 4 }, args));
    }
    const timeNs = BigInt(view.getUint32(at, little)) * 1_000_000_000n + BigInt(fraction) * (nano ? 1n : 1000n);
    const bytes = file.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length);
    packets.push({ timeNs, bytes, origLen: Math.max(origLen, length), interface: 0 });
    at += RECORD_HEADER + length;
  }
  return packets;
}

/** How a pcap file is written. */
export interface PcapOptions {
  /** Nanosecond time stamps; without it the part of a time below a microsecond is dropped. */
  readonly nanoseconds?: boolean;
  /** 'little' unless given. */
  readonly byteOrder?: 'little' | 'big';
  /** LINKTYPE_ number; 1 (Ethernet) unless given. */
  readonly linkType?: number;
  /** 262144 unless given or a packet is longer; packets are not cut to it. */
  readonly snapLen?: number;
}

/**
 * Writes a pcap file. `interface`, `comment` and `flags` have no place in it and are left out.
 *
 * @returns the file, or a problem for each packet whose time is before 1970 or after 2106
 */
export function writePcap(
  packets: readonly Omit<CapturePacket, 'interface'>[],
  options: PcapOptions = {},
): Result<Uint8Array> {
  const nano = options.nanoseconds ?? false;
  const little = (options.byteOrder ?? 'little') === 'little';
  const problems: Problem[] = [];
  for (const [index, { timeNs, bytes, origLen }] of packets.entries()) {
    if (timeNs < 0n || timeNs >= 2n ** 32n * 1_000_000_000n) {
      problems.push(netProblem('time-range', {}, { index, value: `${timeNs}`, format: 'pcap' }));
    }
    if (!Number.isInteger(origLen) || origLen < bytes.length || origLen > 0xffff_ffff) {
      problems.push(netProblem('bad-packet', {}, { index, field: 'origLen', value: origLen }));
    }
  }
  if (problems.length > 0) return fail(...problems);
  const longest = packets.reduce((n, p) => Math.max(n, p.bytes.length), options.snapLen ?? MAX_CAPTURED);
  const size = packets.reduce((n, p) => n + RECORD_HEADER + p.bytes.length, FILE_HEADER);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  view.setUint32(0, nano ? MAGIC_NANO : MAGIC_MICRO, little);
  view.setUint16(4, 2, little);
  view.setUint16(6, 4, little);
  view.setUint32(16, longest, little);
  view.setUint32(20, options.linkType ?? 1, little);
  let at = FILE_HEADER;
  for (const { timeNs, bytes, origLen } of packets) {
    const fraction = Number(timeNs % 1_000_000_000n);
    view.setUint32(at, Number(timeNs / 1_000_000_000n), little);
    view.setUint32(at + 4, nano ? fraction : Math.floor(fraction / 1000), little);
    view.setUint32(at + 8, bytes.length, little);
    view.setUint32(at + 12, origLen, little);
    out.set(bytes, at + RECORD_HEADER);
    at += RECORD_HEADER + bytes.length;
  }
  return ok(out);
}
