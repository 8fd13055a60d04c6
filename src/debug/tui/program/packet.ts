/** The packet: headers with their fields over its bytes; what is not as the program got it is marked. */
import type { Shell } from '../../commands/shell.ts';
import { type Header, type PacketView, packetView } from '../../inspect/packetView.ts';
import { type Content, linesContent, type PaneRow } from '../face.ts';
import { line, type Span, type StyledLine, span } from '../line.ts';
import { LOOK, PLAIN } from '../style.ts';
import type { Kept } from './kept.ts';
import { byteSpans } from './stack.ts';

/** Columns that sixteen bytes with their characters take. */
const WIDE = 74;
const NARROW = 42;

/** `ipv4 +14  src 10.0.1.10, *dst …`, broken between fields. */
function headerLines({ label, at, fields }: Header, { changed }: PacketView, columns: number): StyledLine[] {
  const lines: Span[][] = [[span(`${label} +${at} `, LOOK.label)]];
  let used = label.length + `${at}`.length + 3;
  for (const { name, text, at: from, size } of fields) {
    let differs = false;
    for (let i = from; i < from + size; i++) differs ||= changed[i] === true;
    const piece = `${differs ? '*' : ' '}${name === 'bytes' ? '' : `${name} `}${text}`;
    if (used + piece.length + 1 > columns && used > 2) {
      lines.push([span('  ')]);
      used = 2;
    }
    lines.at(-1)!.push(span(`${piece} `, differs ? LOOK.changed : PLAIN));
    used += piece.length + 1;
  }
  return lines;
}

const ascii = (bytes: Uint8Array): string =>
  Array.from(bytes, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '.')).join('');

function hexLine(shown: PacketView, offset: number, columns: number): StyledLine {
  const per = columns >= WIDE - 10 ? 16 : 8;
  const bytes = shown.packet.bytes.subarray(offset, offset + per);
  const pointers = shown.rows
    .slice(Math.floor(offset / 16), Math.floor((offset + per - 1) / 16) + 1)
    .flatMap((row) => row.pointers.filter((p) => p.offset >= offset && p.offset < offset + per));
  const who = pointers.map((p) => ` R${p.register}+${p.offset}`).join('');
  const text = columns >= (per === 16 ? WIDE : NARROW) ? `  ${ascii(bytes)}${' '.repeat(per - bytes.length)}` : ' ';
  return [
    span(offset.toString(16).padStart(4, '0'), LOOK.faint),
    ...byteSpans(bytes, shown.changed.slice(offset, offset + per), true),
    span(' '.repeat(3 * (per - bytes.length)) + text),
    span(who, LOOK.known),
  ];
}

function heading({ packet, endPointers }: PacketView): StyledLine {
  const { bytes, total, metaLength, direct } = packet;
  const words = [`${bytes.length} bytes`];
  if (total > bytes.length) words.push(`${total - bytes.length} more are not in the linear part`);
  if (metaLength > 0) words.push(`${metaLength} of metadata before them`);
  if (!direct) words.push('out of the reach of loads');
  const ends = endPointers.length === 0 ? '' : `, ${endPointers.map((r) => `R${r}`).join(' ')} at the end`;
  return line(words.join(', ') + ends, LOOK.faint);
}

export function packetPane(shell: Shell, kept: Kept): PaneRow {
  return {
    id: 'packet',
    title: 'packet',
    content: ({ columns }): Content => {
      const shown = kept.get('packet', () => packetView(kept.get('view', () => shell.view())));
      if (!shown) return linesContent([line('(no packet)', LOOK.faint)]);
      const top = [
        heading(shown),
        ...shown.headers.flatMap((header) => headerLines(header, shown, columns)),
        ...shown.problems.map((text) => line(`! ${text}`, LOOK.warning)),
      ];
      const per = columns >= WIDE - 10 ? 16 : 8;
      return {
        count: top.length + Math.ceil(shown.packet.bytes.length / per),
        line: (i) => top[i] ?? hexLine(shown, (i - top.length) * per, columns),
        title: shown.packet.object.struct,
      };
    },
  };
}
