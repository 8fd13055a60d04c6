/**
 * The container of the built-in BTF: a BTF blob taken apart into columns of like values (all parameter types, all member
 * offsets, …), which deflate to two thirds of what the blob itself does, and put together again byte for byte.
 *
 *     varint types, type section bytes, string section bytes, columns;  per column: varint bytes;  then the columns' bytes
 */

import { BTF_HEADER, BTF_KINDS, BTF_MAGIC, type BtfKind } from './kinds.ts';

/**
 * How a 32-bit field is written. `name`: 0 for '', 1 for a string not seen before, 2 + n for the nth string seen anywhere; `id`: the
 * number itself; `near`: distance back from the type's own id; `run`: distance from the value before in this column; `step`: the
 * same, starting from 0 in every type; `none`: always 0. Distances are zigzag.
 */
export type Coding = 'name' | 'id' | 'near' | 'run' | 'step' | 'none';

interface Shape {
  /** size or type. */
  readonly word: Coding;
  /** Fields that follow once, and those that follow for each of vlen. */
  readonly once?: readonly Coding[];
  readonly each?: readonly Coding[];
}

export const SHAPES: Readonly<Record<BtfKind, Shape>> = {
  int: { word: 'id', once: ['id'] },
  ptr: { word: 'near' },
  array: { word: 'none', once: ['id', 'id', 'id'] },
  struct: { word: 'id', each: ['name', 'id', 'step'] },
  union: { word: 'id', each: ['name', 'id', 'step'] },
  enum: { word: 'id', each: ['name', 'step'] },
  fwd: { word: 'none' },
  typedef: { word: 'near' },
  volatile: { word: 'near' },
  const: { word: 'near' },
  restrict: { word: 'near' },
  func: { word: 'run' },
  func_proto: { word: 'id', each: ['name', 'id'] },
  var: { word: 'near', once: ['id'] },
  datasec: { word: 'id', each: ['run', 'step', 'id'] },
  float: { word: 'id' },
  decl_tag: { word: 'near', once: ['id'] },
  type_tag: { word: 'near' },
  enum64: { word: 'id', each: ['name', 'step', 'id'] },
};

export const KINDS: readonly BtfKind[] = Object.keys(BTF_KINDS) as BtfKind[];
/** Columns of a kind: name, vlen, word, then one for each field; two more for the pool of new names and of member names. */
const COLUMNS_PER_KIND = 8;
const POOLS_PER_KIND = 2;
/** The column of kinds (bit 7: kind_flag), then the kinds' columns, then the pools, then the places of the strings. */
export const COLUMN_COUNT = 2 + KINDS.length * (COLUMNS_PER_KIND + POOLS_PER_KIND);

export const columnOf = (kind: number, field: number): number => 1 + (kind - 1) * COLUMNS_PER_KIND + field;
/**
 * For each new string, doubled: how far behind the string seen before it its place in the string section is, in strings, zigzag. Or,
 * doubled and 1 added: its offset, because it is a string of the base. Only the former take their text from a pool.
 */
export const PLACES = COLUMN_COUNT - 1;

export const poolOf = (kind: number, field: number): number =>
  1 + KINDS.length * COLUMNS_PER_KIND + (kind - 1) * POOLS_PER_KIND + (field === 0 ? 0 : 1);

/** Gives the BTF blob back. `firstId` and `firstString`: where ids and string offsets of a split BTF begin. */
export function unpackBtf(packed: Uint8Array, firstId = 1, firstString = 0): Uint8Array {
  let head = 0;
  const at = new Uint32Array(COLUMN_COUNT);
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = packed[head++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  };
  const [types, typeBytes, stringBytes] = [varint(), varint(), varint()];
  const lengths = Array.from({ length: COLUMN_COUNT }, varint);
  lengths.reduce((start, length, column) => {
    at[column] = start;
    return start + length;
  }, head);

  const read = (column: number): number => {
    head = at[column]!;
    const value = varint();
    at[column] = head;
    return value;
  };
  const signed = (column: number): number => {
    const value = read(column);
    return (value >>> 1) ^ -(value & 1);
  };

  const blob = new Uint8Array(BTF_HEADER + typeBytes + stringBytes);
  const view = new DataView(blob.buffer);
  view.setUint16(0, BTF_MAGIC, true);
  view.setUint8(2, 1);
  [BTF_HEADER, 0, typeBytes, typeBytes, stringBytes].forEach((v, i) => {
    view.setUint32(4 + 4 * i, v, true);
  });

  const strings = new Strings(packed);
  let place = 0;
  const name = (column: number, pool: number): number => {
    const code = read(column);
    if (code !== 1) return code === 0 ? 0 : code - 1;
    const where = read(PLACES);
    if (where & 1) return strings.addOfBase(where >>> 1);
    const distance = where >>> 1;
    place += 1 + ((distance >>> 1) ^ -(distance & 1));
    const number = strings.add(place, at[pool]!);
    at[pool] = strings.endOf(number);
    return number;
  };

  const last = new Int32Array(COLUMN_COUNT);
  const names: number[] = [];
  let out = BTF_HEADER;
  const put = (value: number): void => {
    view.setUint32(out, value, true);
    out += 4;
  };
  for (let id = firstId; id < firstId + types; id++) {
    const tag = packed[at[0]!++]!;
    const kind = tag & 31;
    const shape = SHAPES[KINDS[kind - 1]!];
    const field = (coding: Coding, index: number, step: number): number => {
      const column = columnOf(kind, index);
      switch (coding) {
        case 'name':
          names.push(out);
          return name(column, poolOf(kind, index));
        case 'id':
          return read(column);
        case 'near':
          return id - signed(column);
        case 'run':
          last[column] = last[column]! + signed(column);
          return last[column]!;
        case 'step':
          return step + signed(column);
        case 'none':
          return 0;
      }
    };
    put(field('name', 0, 0));
    const vlen = hasVlen(kind) ? read(columnOf(kind, 1)) : 0;
    put((tag >> 7) * 2 ** 31 + kind * 2 ** 24 + vlen);
    put(field(shape.word, 2, 0));
    shape.once?.forEach((coding, i) => {
      put(field(coding, 3 + i, 0));
    });
    const { each } = shape;
    if (!each) continue;
    const before = each.map(() => 0);
    for (let n = 0; n < vlen; n++) {
      for (let i = 0; i < each.length; i++) {
        before[i] = field(each[i]!, 3 + i, before[i]!);
        put(before[i]!);
      }
    }
  }
  const offsets = strings.write(blob.subarray(BTF_HEADER + typeBytes), firstString);
  for (const where of names) view.setUint32(where, offsets[view.getUint32(where, true)]!, true);
  return blob;
}

/** Strings as they are met, numbered from 1, until it is known where in the string section each belongs. */
class Strings {
  private readonly packed: Uint8Array;
  /** By number: the place in the section, or -1 - offset for a string of the base; then where its text begins. */
  private readonly places: number[] = [-1];
  private readonly texts: number[] = [0];

  constructor(packed: Uint8Array) {
    this.packed = packed;
  }

  add(place: number, text: number): number {
    this.texts.push(text);
    return this.places.push(place) - 1;
  }

  addOfBase(offset: number): number {
    return this.add(-1 - offset, 0);
  }

  /** Where the text behind this one begins. */
  endOf(number: number): number {
    return this.packed.indexOf(0, this.texts[number]!) + 1;
  }

  /** Writes the section and gives each string's offset. */
  write(section: Uint8Array, firstString: number): readonly number[] {
    const byPlace: number[] = [];
    this.places.forEach((place, number) => {
      if (place >= 0) byPlace[place] = number;
    });
    const offsets = this.places.map((place) => (place < 0 ? -1 - place : 0));
    // a base begins with the string '', its place 0; a split BTF has none
    let to = firstString === 0 ? 1 : 0;
    for (const number of byPlace) {
      if (number === undefined) continue;
      offsets[number] = firstString + to;
      const text = this.packed.subarray(this.texts[number]!, this.endOf(number));
      section.set(text, to);
      to += text.length;
    }
    return offsets;
  }
}

/** Kinds whose info word counts something; FUNC keeps its linkage there. */
export const hasVlen = (kind: number): boolean =>
  SHAPES[KINDS[kind - 1]!].each !== undefined || kind === BTF_KINDS.func;
