/** A map as expectations look at it: its elements, once they are asked for, and what each is in words. */
import type { DumpedElement } from '../../maps/user.ts';
import { toHex } from '../../util/hex.ts';
import type { Kernel } from '../kernel.ts';
import { mapElements } from '../replay/mapDump.ts';
import { bytesOf, equalBytes } from '../replay/mapInit.ts';
import { TypedMap } from '../replay/typedMap.ts';
import type { MapRecord } from '../world.ts';

/** Whether bytes are what an expectation says, or what is wrong with the expectation. */
export type Match = boolean | string;

export class MapView {
  readonly elements: readonly DumpedElement[];
  readonly #typed: TypedMap | undefined;
  readonly #nowNs: bigint;

  constructor(kernel: Kernel, map: MapRecord) {
    this.elements = mapElements(kernel, map);
    this.#typed = TypedMap.of(map);
    const { sec, nsec } = kernel.world.clock;
    this.#nowNs = BigInt(sec) * 1_000_000_000n + BigInt(nsec);
  }

  /** Whether a key is what is wanted: of a typed one only the members that are given count. */
  keyMatches(wanted: unknown, { key }: DumpedElement): Match {
    if (wanted === undefined) return true;
    const typed = this.#typed?.hasKey ? this.#typed : undefined;
    const bytes = bytesOf(wanted, key.length, (json) => typed?.keyBytes(json, key));
    return typeof bytes === 'string' ? bytes : equalBytes(bytes, key);
  }

  /** The same for values; of per-CPU maps the value of any CPU. */
  valueMatches(wanted: unknown, element: DumpedElement): Match {
    if (wanted === undefined) return true;
    let match: Match = false;
    for (const value of 'values' in element ? element.values : [element.value]) {
      const bytes = bytesOf(wanted, value.length, (json) => this.#typed?.valueBytes(json, value));
      match = typeof bytes === 'string' ? bytes : equalBytes(bytes, value);
      if (match === true) break;
    }
    return match;
  }

  /** A member of a key or value as text: `value.rx_bytes`, or all of it: `value`; undefined: there is no such member. */
  member(of: 'key' | 'value', name: string | undefined, element: DumpedElement): string | undefined {
    const [first] = 'values' in element ? element.values : [element.value];
    const bytes = of === 'key' ? element.key : first!;
    const typed = of === 'value' || this.#typed?.hasKey ? this.#typed : undefined;
    if (name === undefined) {
      const text = of === 'key' ? typed?.keyText(bytes, this.#nowNs) : typed?.valueText(bytes, this.#nowNs);
      return text ?? toHex(bytes);
    }
    const fields = of === 'key' ? typed?.keyFields(bytes) : typed?.valueFields(bytes);
    return fields?.find(([field]) => field === name)?.[1];
  }

  /** `KEY = VALUE` */
  text(element: DumpedElement): string {
    const values = 'values' in element ? element.values : [element.value];
    const shown = values.map((v) => this.#typed?.valueText(v, this.#nowNs) ?? toHex(v)).join(' | ');
    const { key } = element;
    if (key.length === 0) return shown;
    return `${this.#typed?.hasKey ? this.#typed.keyText(key, this.#nowNs) : toHex(key)} = ${shown}`;
  }
}
