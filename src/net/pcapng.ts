/**
 * Reading pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, any number of interfaces, enhanced, simple
 * and obsolete packet blocks, comments and flags. Blocks and options of other kinds are skipped.
 */

import { toHex } from '../util/hex.ts';
import type { CaptureInterface, CapturePacket, CaptureRead } from './captureModel.ts';
import { netProblem, ProblemList } from './messages.ts';
import { BLOCK, BYTE_ORDER_MAGIC, OPTION } from './pcapngFormat.ts';

/** Whether the file begins with a section header block. */
export function isPcapng(file: Uint8Array): boolean {
  return toHex(file.subarray(0, 4)) === '0a0d0d0a';
}

/** An interface with what its time stamps need; `offset` is in seconds. */
interface Interface extends CaptureInterface {
  readonly offset: bigint;
}

interface State {
  readonly file: Uint8Array;
  readonly view: DataView;
  readonly problems: ProblemList;
  readonly interfaces: Interface[];
  readonly packets: CapturePacket[];
  little: boolean;
  /** Index of the current section's first interface. */
  firstInterface: number;
}

/** Reads a pcapng file up to where it ends or the chain of block lengths breaks. */
export function readPcapng(file: Uint8Array): CaptureRead {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const state: State = {
    file,
    view,
    problems: new ProblemList(),
    interfaces: [],
    packets: [],
    little: true,
    firstInterface: 0,
  };
  let firstOrder: 'little' | 'big' | undefined;
  let at = 0;
  while (at < file.length) {
    const size = readBlock(state, at);
    if (size === undefined) break;
    firstOrder ??= state.little ? 'little' : 'big';
    at += size;
  }
  const problems = state.problems.list;
  if (firstOrder === undefined) return { problems };
  const interfaces = state.interfaces.map(({ offset: _, ...i }) => i);
  return { capture: { format: 'pcapng', byteOrder: firstOrder, interfaces, packets: state.packets }, problems };
}

/** Reads the block at `at` and answers its size, undefined when nothing after it can be found. */
function readBlock(s: State, at: number): number | undefined {
  const left = s.file.length - at;
  const need = 12;
  if (left < need) {
    s.problems.add(netProblem('capture-truncated', { byte: at }, { what: 'a block header', need, left }));
    return undefined;
  }
  const isSection = s.view.getUint32(at, true) === BLOCK.section;
  if (isSection) {
    const little = s.view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
    if (!little && s.view.getUint32(at + 8, false) !== BYTE_ORDER_MAGIC) {
      const magic = toHex(s.file.subarray(at + 8, at + 12));
      s.problems.add(netProblem('bad-byte-order', { byte: at + 8 }, { magic }));
      return undefined;
    }
    s.little = little;
    s.firstInterface = s.interfaces.length;
  }
  const type = s.view.getUint32(at, s.little);
  const length = s.view.getUint32(at + 4, s.little);
  if (length < 12 || length % 4 !== 0) {
    s.problems.add(netProblem('bad-block-length', { byte: at + 4 }, { type, length }));
    return undefined;
  }
  if (length > left) {
    s.problems.add(
      netProblem('capture-truncated', { byte: at }, { what: `a block of type ${type}`, need: length, left }),
    );
    return undefined;
  }
  const last = s.view.getUint32(at + length - 4, s.little);
  if (last !== length) {
    s.problems.add(netProblem('block-length-mismatch', { byte: at + length - 4 }, { first: length, last }));
  }
  readBody(s, type, at + 8, at + length - 4);
  return length;
}

/** Body sizes without data and options. */
const FIXED: Readonly<Record<number, number>> = {
  [BLOCK.section]: 16,
  [BLOCK.interface]: 8,
  [BLOCK.packet]: 20,
  [BLOCK.simple]: 4,
  [BLOCK.enhanced]: 20,
};

function readBody(s: State, type: number, at: number, end: number): void {
  const need = FIXED[type];
  if (need === undefined) return;
  if (end - at < need) {
    s.problems.add(netProblem('bad-block', { byte: at }, { type, have: end - at, need }));
    return;
  }
  if (type === BLOCK.section) readSection(s, at);
  else if (type === BLOCK.interface) readInterface(s, at, end);
  else if (type === BLOCK.simple) readSimple(s, at, end);
  else readEnhanced(s, type, at, end);
}

function readSection(s: State, at: number): void {
  const version = `${s.view.getUint16(at + 4, s.little)}.${s.view.getUint16(at + 6, s.little)}`;
  // 1.2 was written by mistake by some and means 1.0.
  if (version === '1.0' || version === '1.2') return;
  const args = { version, format: 'pcapng', known: '1.0' };
  s.problems.add(netProblem('unsupported-version', { byte: at + 4 }, args));
}

/** Calls `visit` for each option of `[at..end)`: its code and the bounds of its value. */
function eachOption(s: State, at: number, end: number, visit: (code: number, from: number, to: number) => void): void {
  let p = at;
  while (p + 4 <= end) {
    const option = s.view.getUint16(p, s.little);
    const bytes = s.view.getUint16(p + 2, s.little);
    if (option === OPTION.end) return;
    if (p + 4 + bytes > end) {
      s.problems.add(netProblem('bad-file-option', { byte: p }, { option, bytes, have: end - p - 4 }));
      return;
    }
    visit(option, p + 4, p + 4 + bytes);
    p += 4 + Math.ceil(bytes / 4) * 4;
  }
}

function textAt(s: State, from: number, to: number): string {
  return new TextDecoder().decode(s.file.subarray(from, to)).replace(/\0+$/, '');
}

/** if_tsresol: the high bit tells a power of two from a power of ten. */
function unitsOf(resolution: number): bigint {
  return resolution & 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
}

function readInterface(s: State, at: number, end: number): void {
  let name: string | undefined;
  let unitsPerSecond = 1_000_000n;
  let offset = 0n;
  eachOption(s, at + 8, end, (code, from, to) => {
    if (code === OPTION.ifName) name = textAt(s, from, to);
    else if (code === OPTION.ifTsresol && to > from) unitsPerSecond = unitsOf(s.file[from]!);
    else if (code === OPTION.ifTsoffset && to - from === 8) offset = s.view.getBigInt64(from, s.little);
  });
  const linkType = s.view.getUint16(at, s.little);
  const snapLen = s.view.getUint32(at + 4, s.little);
  s.interfaces.push({ linkType, snapLen, ...(name === undefined ? {} : { name }), unitsPerSecond, offset });
}

/** The interface of that number in the current section, with its index in the capture. */
function interfaceOf(
  s: State,
  id: number,
  at: number,
): { readonly index: number; readonly iface: Interface } | undefined {
  const index = s.firstInterface + id;
  const iface = s.interfaces[index];
  if (iface) return { index, iface };
  const count = s.interfaces.length - s.firstInterface;
  s.problems.add(netProblem('unknown-interface', { byte: at }, { id, count }));
  return undefined;
}

/** A simple packet block has neither time nor interface: time 0, the section's first interface. */
function readSimple(s: State, at: number, end: number): void {
  const found = interfaceOf(s, 0, at);
  if (!found) return;
  const origLen = s.view.getUint32(at, s.little);
  const { snapLen } = found.iface;
  const length = snapLen === 0 ? origLen : Math.min(origLen, snapLen);
  if (length > end - at - 4) {
    s.problems.add(netProblem('bad-captured-length', { byte: at }, { length, have: end - at - 4 }));
    return;
  }
  s.packets.push({ timeNs: 0n, bytes: s.file.subarray(at + 4, at + 4 + length), origLen, interface: found.index });
}

/** An enhanced packet block, or the obsolete packet block (whose interface number has 16 bits). */
function readEnhanced(s: State, type: number, at: number, end: number): void {
  const id = type === BLOCK.packet ? s.view.getUint16(at, s.little) : s.view.getUint32(at, s.little);
  const found = interfaceOf(s, id, at);
  if (!found) return;
  const length = s.view.getUint32(at + 12, s.little);
  if (length > end - at - 20) {
    s.problems.add(netProblem('bad-captured-length', { byte: at + 12 }, { length, have: end - at - 20 }));
    return;
  }
  const { unitsPerSecond, offset } = found.iface;
  const units = (BigInt(s.view.getUint32(at + 4, s.little)) << 32n) | BigInt(s.view.getUint32(at + 8, s.little));
  const comments: string[] = [];
  let flags: number | undefined;
  eachOption(s, at + 20 + Math.ceil(length / 4) * 4, end, (code, from, to) => {
    if (code === OPTION.comment) comments.push(textAt(s, from, to));
    else if (code === OPTION.epbFlags && to - from === 4) flags = s.view.getUint32(from, s.little);
  });
  s.packets.push({
    timeNs: (units * 1_000_000_000n) / unitsPerSecond + offset * 1_000_000_000n,
    bytes: s.file.subarray(at + 20, at + 20 + length),
    origLen: Math.max(length, s.view.getUint32(at + 16, s.little)),
    interface: found.index,
    ...(comments.length > 0 ? { comment: comments.join('\n') } : {}),
    ...(flags === undefined ? {} : { flags }),
  });
}
