/** Takes a BTF blob apart into the columns that src/btf/builtinColumns.ts puts together again. */

import {
  COLUMN_COUNT,
  type Coding,
  columnOf,
  hasVlen,
  KINDS,
  PLACES,
  poolOf,
  SHAPES,
} from '../../src/btf/builtinColumns.ts';
import type { KernelBtf } from '../../src/btf/kernelBtf.ts';
import { EXTRA, readHeader } from '../../src/btf/parse.ts';

class Column {
  private readonly bytes: number[] = [];

  byte(value: number): void {
    this.bytes.push(value);
  }

  varint(value: number): void {
    let rest = value >>> 0;
    for (; rest > 127; rest >>>= 7) this.bytes.push((rest & 127) | 128);
    this.bytes.push(rest);
  }

  /** Small numbers of either sign, modulo 2^32. */
  zigzag(value: number): void {
    const v = value | 0;
    this.varint((v << 1) ^ (v >> 31));
  }

  get done(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

/** Where the strings of a section begin. */
function stringOffsets(section: Uint8Array): number[] {
  if (section.length > 0 && section.at(-1) !== 0) throw new Error('the last string has no end');
  const offsets: number[] = [];
  for (let at = 0; at < section.length; at = section.indexOf(0, at) + 1) offsets.push(at);
  return offsets;
}

/** The packed form of `blob`, whose view is `btf` (with its base, if it has one). */
export function packBtf(blob: Uint8Array, btf: KernelBtf): Uint8Array {
  const sections = readHeader(blob);
  if (!sections.ok) throw new Error('not BTF');
  const { view, types, strings } = sections.value;
  const columns = Array.from({ length: COLUMN_COUNT }, () => new Column());
  const seen = new Map<number, number>();
  const firstString = btf.base?.endString ?? 0;
  const places = new Map(stringOffsets(strings).map((offset, place) => [firstString + offset, place]));
  let place = 0;
  const encoder = new TextEncoder();
  let id = btf.firstId;
  const last = new Int32Array(COLUMN_COUNT);

  const name = (offset: number, column: number, pool: number): void => {
    const at = seen.get(offset);
    if (offset === 0 || at !== undefined) {
      columns[column]!.varint(at === undefined ? 0 : 2 + at);
      return;
    }
    seen.set(offset, seen.size);
    columns[column]!.varint(1);
    if (offset < firstString) {
      columns[PLACES]!.varint(2 * offset + 1);
      return;
    }
    const now = places.get(offset);
    if (now === undefined) throw new Error(`a name begins inside of a string, at ${offset}`);
    const distance = now - place - 1;
    place = now;
    columns[PLACES]!.varint(2 * (distance < 0 ? -1 - 2 * distance : 2 * distance));
    encoder.encode(`${btf.string(offset)}\0`).forEach((b) => {
      columns[pool]!.byte(b);
    });
  };
  const field = (coding: Coding, kind: number, index: number, value: number, before: number): void => {
    const column = columnOf(kind, index);
    const to = columns[column]!;
    if (coding === 'name') name(value, column, poolOf(kind, index));
    else if (coding === 'id') to.varint(value);
    else if (coding === 'near') to.zigzag(id - value);
    else if (coding === 'step') to.zigzag(value - before);
    else if (coding === 'run') {
      to.zigzag(value - last[column]!);
      last[column] = value;
    } else if (value !== 0) throw new Error(`type ${id}: field ${index} is ${value}`);
  };

  for (let at = types.start; at < types.start + types.length; id++) {
    const u32 = (offset: number): number => view.getUint32(at + offset, true);
    const info = u32(4);
    const [kind, vlen] = [(info >>> 24) & 31, info & 0xffff];
    if ((info & 0x60ff_0000) !== 0) throw new Error(`type ${id}: info ${info.toString(16)}`);
    const kindName = KINDS[kind - 1]!;
    const shape = SHAPES[kindName];
    columns[0]!.byte(kind | ((info >>> 31) << 7));
    name(u32(0), columnOf(kind, 0), poolOf(kind, 0));
    if (hasVlen(kind)) columns[columnOf(kind, 1)]!.varint(vlen);
    else if (vlen !== 0) throw new Error(`type ${id}: vlen ${vlen}`);
    field(shape.word, kind, 2, u32(8), 0);
    const { once = [], each = [] } = shape;
    once.forEach((coding, i) => {
      field(coding, kind, 3 + i, u32(12 + 4 * i), 0);
    });
    for (let n = 0; n < (shape.each ? vlen : 0); n++) {
      each.forEach((coding, i) => {
        const offset = 12 + 4 * (n * each.length + i);
        field(coding, kind, 3 + i, u32(offset), n === 0 ? 0 : u32(offset - 4 * each.length));
      });
    }
    const [fixed, per] = EXTRA[kindName] ?? [0, 0];
    at += 12 + fixed + per * vlen;
  }

  const bodies = columns.map((c) => c.done);
  const head = new Column();
  for (const n of [id - btf.firstId, types.length, strings.length, ...bodies.map((b) => b.length)]) head.varint(n);
  return Buffer.concat([head.done, ...bodies]);
}
