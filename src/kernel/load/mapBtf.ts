/** What a map's BTF says that the map itself must know. */
import type { MapBtf } from '../../maps/attr.ts';

export function mapBtf(_blob: Uint8Array, key: number, value: number): MapBtf {
  return { hasBtf: key !== 0 || value !== 0, keyTypeId: key, valueTypeId: value };
}
