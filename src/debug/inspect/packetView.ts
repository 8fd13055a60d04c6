/** The packet as it is now: headers with their fields, and rows of bytes with marks for what changed and what is pointed to. */
import { diffPackets, type FieldDiff } from '../../net/diff.ts';
import { formatField, type Value } from '../../net/fields.ts';
import { layerLabels } from '../../net/locate.ts';
import { formatOption, type PacketOption } from '../../net/options.ts';
import { type ParsedPacket, parsePacket } from '../../net/parse.ts';
import type { Protocol } from '../../net/proto/protocol.ts';
import { headerFields, type Layer, PROTOCOLS } from '../../net/proto/protocols.ts';
import { skbMacHeaderWasSet } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { toHex } from '../../util/hex.ts';
import { problemText } from '../../util/problem.ts';
import type { View } from '../view.ts';
import { type PacketNow, packetOf } from './packet.ts';
import { registerRows } from './registers.ts';

const ROW = 16;
/** Bytes of data that no table describes which a header's line shows. */
const SHOWN = 16;

/** A field of a header. */
interface HeaderField {
  readonly name: string;
  readonly text: string;
  /** Offset in the packet, and bytes; fields of single bits share theirs. */
  readonly at: number;
  readonly size: number;
}

/** A header, or what no header describes. */
export interface Header {
  /** `ipv4`, `ipv4#2`, `payload`. */
  readonly label: string;
  readonly at: number;
  readonly size: number;
  readonly fields: readonly HeaderField[];
}

/** Sixteen bytes, or less in the last row. */
interface HexRow {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Bytes that are not what the program got. */
  readonly changed: readonly boolean[];
  /** Registers that point into the row: the register, the offset in the packet. */
  readonly pointers: readonly { readonly register: number; readonly offset: number }[];
}

/** All there is to see of a packet. */
export interface PacketView {
  readonly packet: PacketNow;
  /** Empty for data that is no packet. */
  readonly headers: readonly Header[];
  readonly rows: readonly HexRow[];
  /** Which bytes are not what the program got, one for each byte. */
  readonly changed: readonly boolean[];
  /** The same as fields: empty for data that is no packet. */
  readonly changes: readonly FieldDiff[];
  /** What is strange about the packet. */
  readonly problems: readonly string[];
  /** The packet's end, where a register points to it. */
  readonly endPointers: readonly number[];
}

/** What the program got, without the Ethernet header where it sees none. */
function packetGiven({ kernel, running }: View, { layer, object }: PacketNow): Uint8Array {
  const before = running?.before ?? new Uint8Array();
  const pulled = layer === 'ip' && object.struct === 'sk_buff' && skbMacHeaderWasSet(kernel.arena, object.address);
  return pulled ? before.subarray(UAPI.ETH_HLEN) : before;
}

/**
 * Which bytes differ. A packet that grew or shrank did so at its front or at its end: whichever leaves more bytes as they
 * were. What was not there before has changed.
 */
export function changedBytes(before: Uint8Array, now: Uint8Array): boolean[] {
  const compare = (shift: number): boolean[] => Array.from(now, (b, i) => before[i + shift] !== b);
  const count = (marks: readonly boolean[]): number => marks.reduce((sum, mark) => sum + Number(mark), 0);
  const fromStart = compare(0);
  if (before.length === now.length) return fromStart;
  const fromEnd = compare(before.length - now.length);
  return count(fromEnd) < count(fromStart) ? fromEnd : fromStart;
}

function tailText(value: unknown): string {
  if (!(value instanceof Uint8Array)) return ((value ?? []) as readonly PacketOption[]).map(formatOption).join(',');
  const more = value.length > SHOWN ? ` … ${value.length} bytes` : '';
  return `${toHex(value.subarray(0, SHOWN), ' ')}${more}`;
}

function headerOf(layer: Layer, label: string): Header {
  const proto: Protocol = PROTOCOLS[layer.layer];
  const values = layer as unknown as Readonly<Record<string, unknown>>;
  const fields = headerFields(proto, values)
    .filter((f) => values[f.name] !== undefined)
    .map(
      (f): HeaderField => ({
        name: f.name,
        text: formatField(f, values[f.name] as Value),
        at: layer.at + f.offset,
        size: f.size,
      }),
    );
  const fixed = fields.reduce((end, f) => Math.max(end, f.at + f.size - layer.at), 0);
  const { tail } = proto;
  if (tail && values[tail.name] !== undefined && layer.size > fixed) {
    const text = tailText(values[tail.name]);
    fields.push({ name: tail.name, text, at: layer.at + fixed, size: layer.size - fixed });
  }
  return { label, at: layer.at, size: layer.size, fields };
}

/** The headers of a parsed packet with their fields. */
function headersOf({ layers }: ParsedPacket): Header[] {
  const labels = layerLabels(layers);
  return layers.map((layer, i) => headerOf(layer, labels[i]!));
}

/** The packet of the program that runs; undefined where there is none. */
export function packetView(view: View): PacketView | undefined {
  const packet = packetOf(view);
  if (!packet) return undefined;
  const { bytes, layer } = packet;
  const given = packetGiven(view, packet);
  const changed = changedBytes(given, bytes);
  const start = layer === 'eth' || layer === 'ip' ? layer : undefined;
  const parsed = start && parsePacket(bytes, { start });
  const pointing = registerRows(view).filter((row) => row.pointer?.kind === 'packet');
  const rows: HexRow[] = [];
  for (let offset = 0; offset < bytes.length; offset += ROW) {
    const inRow = pointing.filter(({ pointer }) => pointer!.offset >= offset && pointer!.offset < offset + ROW);
    rows.push({
      offset,
      bytes: bytes.subarray(offset, offset + ROW),
      changed: changed.slice(offset, offset + ROW),
      pointers: inRow.map(({ index, pointer }) => ({ register: index, offset: pointer!.offset })),
    });
  }
  const ends = registerRows(view).filter(({ pointer }) => pointer?.kind === 'packet-end' && pointer.offset === 0);
  return {
    packet,
    headers: parsed ? headersOf(parsed) : [],
    rows,
    changed,
    changes: start ? diffPackets(given, bytes, { start }) : [],
    problems: parsed ? parsed.problems.map(problemText) : [],
    endPointers: ends.map(({ index }) => index),
  };
}

function ascii(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '.')).join('');
}

/** `0010   00 2c*1f …  .,..  R3+14`: a star before each byte that changed, then the registers that point there. */
function hexLine({ offset, bytes, changed, pointers }: HexRow): string {
  const cells = Array.from(bytes, (b, i) => {
    const gap = i === ROW / 2 ? ' ' : '';
    return `${gap}${changed[i] ? '*' : ' '}${b.toString(16).padStart(2, '0')}`;
  }).join('');
  const who = pointers.map((p) => `R${p.register}+${p.offset}`).join(' ');
  const line = `${offset.toString(16).padStart(4, '0')} ${cells.padEnd(3 * ROW + 1)}  ${ascii(bytes).padEnd(ROW)}  ${who}`;
  return line.trimEnd();
}

/** `ipv4 +14  version 4, ihl 5, …` */
function headerLine({ label, at, fields }: Header): string {
  return `${label} +${at}  ${fields.map((f) => (f.name === 'bytes' ? f.text : `${f.name} ${f.text}`)).join(', ')}`;
}

/** The packet as lines: a heading, headers, bytes; one line that says that there is none. */
export function packetLines(view: View): string[] {
  const shown = packetView(view);
  if (!shown) return ['no packet'];
  const { packet, headers, rows, problems, endPointers } = shown;
  const { bytes, total, object, metaLength, direct } = packet;
  const words = [`${bytes.length} bytes`];
  if (total > bytes.length) words.push(`${total - bytes.length} more are not in the linear part`);
  if (metaLength > 0) words.push(`${metaLength} of metadata before them`);
  if (!direct) words.push('out of the reach of loads');
  const ends = endPointers.length === 0 ? '' : `  ${endPointers.map((r) => `R${r}`).join(' ')} at the end`;
  return [
    `${object.struct}: ${words.join(', ')}${ends}`,
    ...headers.map(headerLine),
    ...problems.map((text) => `! ${text}`),
    ...rows.map(hexLine),
  ];
}
