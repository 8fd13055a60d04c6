/** A map's keys and values by their BTF types: as JSON, as one line for people, and back from JSON. */
import type { TypedValue } from '../../btf/format.ts';
import { resolveType, typedValue } from '../../btf/format.ts';
import type { Btf } from '../../btf/parse.ts';
import { parseBtf } from '../../btf/parse.ts';
import type { MapRecord } from '../world.ts';
import { typedBytes } from './typedBytes.ts';
import { typedFields, typedText } from './typedText.ts';

/** What was parsed already: the BTF of a program file is that of all its maps, and they are asked at every step. */
const parsed = new WeakMap<Uint8Array, Btf>();

function btfOf(blob: Uint8Array): Btf | undefined {
  const known = parsed.get(blob);
  if (known) return known;
  const btf = parseBtf(blob);
  if (!btf.ok) return undefined;
  parsed.set(blob, btf.value);
  return btf.value;
}

/** A map's keys and values by their BTF types. */
export class TypedMap {
  readonly #btf: Btf;
  readonly #key: number;
  readonly #value: number;

  private constructor(btf: Btf, key: number, value: number) {
    this.#btf = btf;
    this.#key = key;
    this.#value = value;
  }

  /** The types of a loaded map; undefined where it came without BTF. */
  static of(map: MapRecord): TypedMap | undefined {
    if (!map.btf || map.btf.value === 0) return undefined;
    const btf = btfOf(map.btf.blob);
    return btf && new TypedMap(btf, map.btf.key, map.btf.value);
  }

  /** Sections have no type of a key. */
  get hasKey(): boolean {
    return this.#key !== 0;
  }

  /** Name of the value's (or key's) member type at an offset, through typedefs: `__be16`. */
  memberTypedefs(of: 'key' | 'value', member: string): readonly string[] {
    const type = resolveType(this.#btf, of === 'key' ? this.#key : this.#value)?.type;
    const found = type?.kind === 'struct' ? type.members.find((m) => m.name === member) : undefined;
    return (found && resolveType(this.#btf, found.type)?.names) ?? [];
  }

  /** A key by its type: like bpftool's `formatted`, with big-endian kinds as the numbers they mean. */
  keyJson(bytes: Uint8Array): TypedValue {
    return typedValue(this.#btf, this.#key, bytes);
  }

  /** A value by its type: like bpftool's `formatted`, with big-endian kinds as the numbers they mean. */
  valueJson(bytes: Uint8Array): TypedValue {
    return typedValue(this.#btf, this.#value, bytes);
  }

  /** A key as one line for people; times are told from `nowNs`, nanoseconds since boot. */
  keyText(bytes: Uint8Array, nowNs?: bigint): string {
    return this.#key === 0 ? '' : typedText(this.#btf, this.#key, bytes, nowNs);
  }

  /** A value as one line for people; times are told from `nowNs`, nanoseconds since boot. */
  valueText(bytes: Uint8Array, nowNs?: bigint): string {
    return typedText(this.#btf, this.#value, bytes, nowNs);
  }

  /** The members of a key by name, as text. */
  keyFields(bytes: Uint8Array): readonly (readonly [name: string, text: string])[] {
    return typedFields(this.#btf, this.#key, bytes);
  }

  /** The members of a value by name, as text. */
  valueFields(bytes: Uint8Array): readonly (readonly [name: string, text: string])[] {
    return typedFields(this.#btf, this.#value, bytes);
  }

  /** A key from its JSON form, or what is wrong with that in words. Members that are not named are `rest`'s, or zero. */
  keyBytes(json: unknown, rest?: Uint8Array): Uint8Array | string {
    return typedBytes(this.#btf, this.#key, json, rest);
  }

  /** A value from its JSON form, or what is wrong with that in words. Members that are not named are `rest`'s, or zero. */
  valueBytes(json: unknown, rest?: Uint8Array): Uint8Array | string {
    return typedBytes(this.#btf, this.#value, json, rest);
  }
}
