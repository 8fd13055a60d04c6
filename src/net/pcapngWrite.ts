/** Writing pcapng: one section, its interfaces, one enhanced packet block for each packet. */

import { fail, ok, type Problem, type Result } from '../util/problem.ts';
import { type CaptureInterface, type CapturePacket, LINKTYPE_ETHERNET } from './captureModel.ts';
import { netProblem } from './messages.ts';
import { BLOCK, BYTE_ORDER_MAGIC, OPTION } from './pcapngFormat.ts';

/** How a pcapng file is written. */
export interface PcapngOptions {
  /** 'little' unless given. */
  readonly byteOrder?: 'little' | 'big';
  /** One nanosecond-resolution Ethernet interface unless given. Units: 10 or 2 to the power of at most 127. */
  readonly interfaces?: readonly (Partial<CaptureInterface> & { readonly linkType: number })[];
}

interface Option {
  readonly code: number;
  readonly bytes: Uint8Array;
}

const NANO = 1_000_000_000n;

/** The if_tsresol byte of a number of units in a second, undefined when it is no power of 10 or 2. */
function resolutionOf(units: bigint): number | undefined {
  for (const [base, mark] of [
    [10n, 0],
    [2n, 0x80],
  ] as const) {
    let power = 1n;
    for (let n = 0; n < 128; n++, power *= base) if (power === units) return mark | n;
  }
  return undefined;
}

/** Appends little pieces into one growing array; numbers in the file's byte order. */
class BlockWriter {
  private readonly parts: Uint8Array[] = [];
  private size = 0;
  private readonly little: boolean;

  constructor(little: boolean) {
    this.little = little;
  }

  /** Writes a block of words, data padded to four bytes, and options. */
  block(type: number, words: readonly Uint8Array[], data: Uint8Array, options: readonly Option[]): void {
    const bodies = [...words, padded(data)];
    for (const { code, bytes } of options) bodies.push(this.u16(code, bytes.length), padded(bytes));
    if (options.length > 0) bodies.push(this.u16(OPTION.end, 0));
    const length = bodies.reduce((n, b) => n + b.length, 12);
    this.push(this.u32(type, length), ...bodies, this.u32(length));
  }

  u16(...values: readonly number[]): Uint8Array {
    const out = new Uint8Array(2 * values.length);
    const view = new DataView(out.buffer);
    for (const [i, v] of values.entries()) view.setUint16(2 * i, v, this.little);
    return out;
  }

  u32(...values: readonly number[]): Uint8Array {
    const out = new Uint8Array(4 * values.length);
    const view = new DataView(out.buffer);
    for (const [i, v] of values.entries()) view.setUint32(4 * i, v, this.little);
    return out;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  private push(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.parts.push(part);
      this.size += part.length;
    }
  }
}

function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const out = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  out.set(bytes);
  return out;
}

/**
 * Writes a pcapng file; comments and flags of packets are kept.
 *
 * @returns the file, or a problem for each packet whose time, interface or comment does not fit
 */
export function writePcapng(packets: readonly CapturePacket[], options: PcapngOptions = {}): Result<Uint8Array> {
  const interfaces = options.interfaces ?? [{ linkType: LINKTYPE_ETHERNET }];
  const out = new BlockWriter((options.byteOrder ?? 'little') === 'little');
  const none = new Uint8Array(0);
  const problems: Problem[] = [];
  const encoder = new TextEncoder();
  // The section's length is left open (all ones), as every writer does.
  const section = [out.u32(BYTE_ORDER_MAGIC), out.u16(1, 0), out.u32(0xffff_ffff, 0xffff_ffff)];
  out.block(BLOCK.section, section, none, []);
  for (const [id, { linkType, snapLen, name, unitsPerSecond }] of interfaces.entries()) {
    const list: Option[] = [];
    const nameBytes = encoder.encode(name ?? '');
    if (nameBytes.length > 0xffff) {
      problems.push(netProblem('name-too-long', {}, { id, length: nameBytes.length, max: 0xffff }));
    } else if (name !== undefined) list.push({ code: OPTION.ifName, bytes: nameBytes });
    list.push({ code: OPTION.ifTsresol, bytes: Uint8Array.of(resolutionOf(unitsPerSecond ?? NANO) ?? 9) });
    out.block(BLOCK.interface, [out.u16(linkType, 0), out.u32(snapLen ?? 0)], none, list);
  }
  for (const [index, packet] of packets.entries()) {
    const iface = interfaces[packet.interface];
    if (!iface) {
      problems.push(netProblem('no-interface', {}, { index, id: packet.interface, count: interfaces.length }));
      continue;
    }
    const perSecond = iface.unitsPerSecond ?? NANO;
    const units = (packet.timeNs * (resolutionOf(perSecond) === undefined ? NANO : perSecond)) / NANO;
    const comment = encoder.encode(packet.comment ?? '');
    const bad = packetProblem(packet, index, units, comment);
    if (bad) {
      problems.push(bad);
      continue;
    }
    const list: Option[] = [];
    if (packet.comment !== undefined) list.push({ code: OPTION.comment, bytes: comment });
    if (packet.flags !== undefined) list.push({ code: OPTION.epbFlags, bytes: out.u32(packet.flags) });
    const [high, low] = [Number(units >> 32n), Number(units & 0xffff_ffffn)];
    const words = [out.u32(packet.interface, high, low, packet.bytes.length, packet.origLen)];
    out.block(BLOCK.enhanced, words, packet.bytes, list);
  }
  return problems.length > 0 ? fail(...problems) : ok(out.finish());
}

function packetProblem(packet: CapturePacket, index: number, units: bigint, comment: Uint8Array): Problem | undefined {
  const { timeNs, origLen, bytes, flags } = packet;
  if (timeNs < 0n || units >= 2n ** 64n) {
    return netProblem('time-range', {}, { index, value: `${timeNs}`, format: 'pcapng' });
  }
  if (comment.length > 0xffff) {
    return netProblem('comment-too-long', {}, { index, length: comment.length, max: 0xffff });
  }
  if (!Number.isInteger(origLen) || origLen < bytes.length || origLen > 0xffff_ffff) {
    return netProblem('bad-packet', {}, { index, field: 'origLen', value: origLen });
  }
  if (flags !== undefined && !(Number.isInteger(flags) && flags >= 0 && flags <= 0xffff_ffff)) {
    return netProblem('bad-packet', {}, { index, field: 'flags', value: flags });
  }
  return undefined;
}
