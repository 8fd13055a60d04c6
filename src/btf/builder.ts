/** Builds a BTF blob: types numbered from 1 in the order they are made, strings stored once. */
import type { BtfKind, FuncLinkage } from './kinds.ts';
import { BTF_HEADER, BTF_KINDS, BTF_MAGIC, FUNC_LINKAGES, INT_BOOL, INT_CHAR, INT_SIGNED } from './kinds.ts';

export interface MemberSpec {
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
}

export interface VarSpec {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

interface Entry {
  name: number;
  kind: BtfKind;
  vlen: number;
  flag: boolean;
  sizeOrType: number;
  extra: number[];
}

const KIND_FLAG = 2 ** 31;

/** Gathers types and strings, then writes them as BTF. Ids count from 1; equal strings are stored once. */
export class BtfBuilder {
  private readonly entries: Entry[] = [];
  private readonly strings = new Map<string, number>([['', 0]]);
  private readonly chunks: Uint8Array[] = [new Uint8Array(1)];
  private stringBytes = 1;
  private readonly encoder = new TextEncoder();

  /** How many types there are; the next one gets this id plus 1. */
  get count(): number {
    return this.entries.length;
  }

  /** Offset of a string in the string section; equal strings share one. */
  string(text: string): number {
    const known = this.strings.get(text);
    if (known !== undefined) return known;
    const offset = this.stringBytes;
    const bytes = this.encoder.encode(`${text}\0`);
    this.chunks.push(bytes);
    this.stringBytes += bytes.length;
    this.strings.set(text, offset);
    return offset;
  }

  /** Any type: `sizeOrType` and `extra` as they stand in the blob, `flag` is the kind flag. */
  add(kind: BtfKind, name: string, sizeOrType: number, extra: number[] = [], vlen = 0, flag = false): number {
    this.entries.push({ name: this.string(name), kind, vlen, flag, sizeOrType, extra });
    return this.entries.length;
  }

  /** An integer of `size` bytes. */
  int(name: string, size: number, encoding: { signed?: boolean; char?: boolean; bool?: boolean } = {}): number {
    const bits = (encoding.signed ? INT_SIGNED : 0) | (encoding.char ? INT_CHAR : 0) | (encoding.bool ? INT_BOOL : 0);
    return this.add('int', name, size, [(bits << 24) | (size * 8)]);
  }

  /** A pointer; type 0 is void. */
  ptr(to: number): number {
    return this.add('ptr', '', to);
  }

  array(element: number, index: number, count: number): number {
    return this.add('array', '', 0, [element, index, count]);
  }

  /** A struct or union without members yet, so that its own members can point to it: see `setMembers`. */
  struct(name: string, size: number, kind: 'struct' | 'union' = 'struct'): number {
    return this.add(kind, name, size);
  }

  setMembers(id: number, members: readonly MemberSpec[]): void {
    const entry = this.entries[id - 1]!;
    entry.vlen = members.length;
    entry.extra = members.flatMap((m) => [this.string(m.name), m.type, m.bitOffset]);
  }

  /** The size of a struct that was made before its members were known. */
  setSize(id: number, size: number): void {
    this.entries[id - 1]!.sizeOrType = size;
  }

  /** A 32-bit enum. */
  enum(name: string, values: readonly (readonly [string, number])[]): number {
    const signed = values.some(([, v]) => v < 0);
    return this.add(
      'enum',
      name,
      4,
      values.flatMap(([n, v]) => [this.string(n), v]),
      values.length,
      signed,
    );
  }

  fwd(name: string, kind: 'struct' | 'union' = 'struct'): number {
    return this.add('fwd', name, 0, [], 0, kind === 'union');
  }

  typedef(name: string, type: number): number {
    return this.add('typedef', name, type);
  }

  const(type: number): number {
    return this.add('const', '', type);
  }

  volatile(type: number): number {
    return this.add('volatile', '', type);
  }

  typeTag(tag: string, type: number): number {
    return this.add('type_tag', tag, type);
  }

  /** A tag on a declaration: `component` is a parameter or member index, -1 the whole. */
  declTag(tag: string, type: number, component: number): number {
    return this.add('decl_tag', tag, type, [component]);
  }

  funcProto(ret: number, params: readonly { readonly name: string; readonly type: number }[]): number {
    return this.add(
      'func_proto',
      '',
      ret,
      params.flatMap((p) => [this.string(p.name), p.type]),
      params.length,
    );
  }

  func(name: string, proto: number, linkage: FuncLinkage): number {
    return this.add('func', name, proto, [], FUNC_LINKAGES.indexOf(linkage));
  }

  var(name: string, type: number, global: boolean): number {
    return this.add('var', name, type, [global ? 1 : 0]);
  }

  datasec(name: string, size: number, vars: readonly VarSpec[]): number {
    return this.add(
      'datasec',
      name,
      size,
      vars.flatMap((v) => [v.type, v.offset, v.size]),
      vars.length,
    );
  }

  /** The blob: header, types, strings; little-endian. */
  build(): Uint8Array {
    const typeBytes = this.entries.reduce((sum, e) => sum + 12 + 4 * e.extra.length, 0);
    const bytes = new Uint8Array(BTF_HEADER + typeBytes + this.stringBytes);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, BTF_MAGIC, true);
    view.setUint8(2, 1);
    const header = [BTF_HEADER, 0, typeBytes, typeBytes, this.stringBytes];
    header.forEach((v, i) => {
      view.setUint32(4 + 4 * i, v, true);
    });
    let at = BTF_HEADER;
    const put = (v: number): void => {
      view.setUint32(at, v, true);
      at += 4;
    };
    for (const e of this.entries) {
      put(e.name);
      put((e.flag ? KIND_FLAG : 0) + BTF_KINDS[e.kind] * 2 ** 24 + e.vlen);
      put(e.sizeOrType);
      e.extra.forEach(put);
    }
    for (const chunk of this.chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}
