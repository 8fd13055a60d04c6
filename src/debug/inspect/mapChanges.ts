/** What became different in the maps: elements that came and went, members of values. */
import { byteChanges } from '../../kernel/replay/ctx.ts';
import { typedText } from '../../kernel/replay/typedText.ts';
import { toHex } from '../../util/hex.ts';
import type { Capture, CapturedElement, CapturedMap } from './capture.ts';
import { cut, isSection, leavesOf, mapTypes } from './mapTypes.ts';

type ChangeKind = 'frame' | 'register' | 'stack' | 'packet' | 'ctx' | 'map' | 'clock' | 'redirect' | 'output';

/** One difference. */
export interface Change {
  readonly kind: ChangeKind;
  /** Where: `R1`, `fp-16`, `packet+26..29 (ipv4.src)`, `ct4_global[{…}].lifetime`. */
  readonly what: string;
  /** '' where there was nothing. */
  readonly before: string;
  /** '' where there is nothing now. */
  readonly after: string;
}

/** Changes one after the other. */
export type Found = Generator<Change>;

/** Characters of a key. */
const KEY_SHOWN = 72;
/** Bytes of a value without types. */
const SHOWN = 64;
/** Characters of a value. */
export const VALUE_SHOWN = 160;

function wholeValue(map: CapturedMap, values: readonly Uint8Array[], nowNs: bigint): string {
  const typed = mapTypes(map.record)?.typed;
  const text = (bytes: Uint8Array): string => (typed ? typed.valueText(bytes, nowNs) : bytesText(bytes));
  return cut(values.map(text).join('; '), VALUE_SHOWN);
}

function bytesText(bytes: Uint8Array): string {
  return toHex(bytes.subarray(0, SHOWN), ' ');
}

const differs = (a: Uint8Array, b: Uint8Array, from: number, to: number): boolean => {
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return true;
  return false;
};

/** What of one value changed: by members where its type is known, else by bytes. */
function* value(map: CapturedMap, name: string, before: Uint8Array, after: Uint8Array): Found {
  const types = mapTypes(map.record);
  const told = new Uint8Array(after.length);
  for (const leaf of types ? leavesOf(types.btf, types.value) : []) {
    const end = leaf.offset + leaf.size;
    told.fill(1, leaf.offset, end);
    if (!differs(before, after, leaf.offset, end)) continue;
    const text = (bytes: Uint8Array): string => {
      const own = bytes.subarray(leaf.offset, end);
      const member = leaf.place.replace(/^.*\./, '');
      return cut(
        leaf.type === 0 ? bytesText(own) : typedText(types!.btf, leaf.type, own, undefined, member),
        VALUE_SHOWN,
      );
    };
    // Variables of a section have names of their own.
    const place = isSection(map.record) ? `${name}.${leaf.place}` : `${name}${leaf.place}`;
    yield { kind: 'map', what: place, before: text(before), after: text(after) };
  }
  // Padding, and all of a value without types.
  const rest = before.map((byte, i) => (told[i] ? after[i]! : byte));
  for (const change of byteChanges(rest, after)) {
    const what = change.field.replace(/^bytes/, name);
    yield { kind: 'map', what, before: cut(change.before, VALUE_SHOWN), after: cut(change.after, VALUE_SHOWN) };
  }
}

function* element(map: CapturedMap, name: string, a: CapturedElement, b: CapturedElement): Found {
  if (a.held !== b.held) yield { kind: 'map', what: name, before: a.held, after: b.held };
  for (const [i, after] of b.values.entries()) {
    const before = a.values[i];
    const own = b.values.length > 1 ? `${name}@cpu${i}` : name;
    if (before && before.length === after.length) yield* value(map, own, before, after);
  }
}

/** The changes in the maps that both moments have. */
export function* mapChanges(a: Capture, b: Capture): Found {
  for (const [address, now] of b.maps) {
    const old = a.maps.get(address);
    if (!old) continue;
    const { name } = now.record;
    const section = isSection(now.record);
    const named = ({ keyText }: CapturedElement): string => (section ? name : `${name}[${cut(keyText, KEY_SHOWN)}]`);
    for (const [key, was] of old.elements) {
      if (now.elements.has(key)) continue;
      yield {
        kind: 'map',
        what: named(was),
        before: was.held || wholeValue(old, was.values, a.clockNs) || '?',
        after: '',
      };
    }
    for (const [key, is] of now.elements) {
      const was = old.elements.get(key);
      if (was) yield* element(now, named(is), was, is);
      else yield { kind: 'map', what: named(is), before: '', after: is.held || wholeValue(now, is.values, b.clockNs) };
    }
  }
}
