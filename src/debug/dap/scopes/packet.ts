/** The packet: its headers with their fields, and its bytes. */
import { toHex } from '../../../util/hex.ts';
import { type Header, type PacketView, packetView } from '../../inspect/packetView.ts';
import { setBytes, setExpr } from '../settable.ts';
import { type Children, namedChildren, type Var } from '../variables.ts';
import type { Look } from './index.ts';

export function packet(look: Look): Children | undefined {
  if (look.depth === undefined || !packetView(look.view)) return undefined;
  return namedChildren(() => {
    const now = packetView(look.view);
    if (!now) return [];
    return [
      ...now.headers.map((header) => headerVar(header, now, look)),
      bytesVar(now, look),
      ...now.problems.map((problem, i): Var => ({ name: `note ${i + 1}`, value: problem })),
    ];
  });
}

/** Bytes of a row of the list of bytes. */
const ROW = 16;

function bytesVar({ packet: { at, bytes, total } }: PacketView, { view }: Look): Var {
  const left = total - bytes.length;
  return {
    name: 'bytes',
    value: `${bytes.length} bytes${left > 0 ? `, ${left} more are not in the linear part` : ''}`,
    address: at,
    expr: 'pkt',
    children: {
      named: () => [],
      indexed: {
        count: bytes.length,
        page: (start, count) =>
          Array.from(view.kernel.arena.bytes(at + start, Math.min(count, bytes.length - start)), (byte, i): Var => {
            const offset = start + i;
            return {
              name: `[${offset}]`,
              value: `${byte}`,
              hex: `0x${byte.toString(16).padStart(2, '0')}`,
              type: 'u8',
              expr: `pkt[${offset}]`,
              watch: `pkt[${offset}]`,
              address: at + offset,
              set: setBytes(at + offset, 1, view),
            };
          }),
      },
    },
  };
}

function headerVar({ label, at, size, fields }: Header, { packet }: PacketView, { view }: Look): Var {
  const words = fields
    .slice(0, 4)
    .map((f) => `${f.name} ${f.text}`)
    .join(', ');
  // A field can be named where its header is the first of its kind and the tables know it.
  const named = /^\w+$/.test(label) && label !== 'payload';
  const byteText = (from: number, length: number): string =>
    toHex(packet.bytes.subarray(from, from + Math.min(length, ROW)), ' ');
  return {
    name: label,
    value: words === '' ? byteText(at, size) : words,
    type: `${size} bytes`,
    address: packet.at + at,
    // Looked at anew: the packet may have been changed since.
    children: namedChildren(() => {
      const now = packetView(view);
      const header = now?.headers.find((h) => h.label === label);
      return (header?.fields ?? []).map((field): Var => {
        const expr = named && field.name !== 'bytes' ? `${label}.${field.name}` : `pkt[${field.at}:${field.size}]`;
        const touched = now?.changed.slice(field.at, field.at + field.size).includes(true) === true;
        return {
          name: field.name,
          value: `${field.text}${touched ? '  (changed)' : ''}`,
          hex: byteText(field.at, field.size),
          type: `${field.size} bytes at +${field.at}`,
          expr,
          watch: expr,
          address: packet.at + field.at,
          set: setExpr(expr, view),
        };
      });
    }),
  };
}
