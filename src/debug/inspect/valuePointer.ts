/** Pointers into values of maps: which element, which member. */

import { mapAt } from '../../kernel/world.ts';
import { MAP } from '../../maps/object.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import type { View } from '../view.ts';
import { elementAt } from './elements.ts';
import { cut, isSection, keyText, mapTypes, placeIn } from './mapTypes.ts';
import { objectText } from './objects.ts';
import { type Describe, inside } from './pointerInfo.ts';

/** Characters of a key that are shown. */
const KEY_SHOWN = 72;

/** A map's name as a pointer shows it; maps in maps may be gone from the list of loaded ones. */
export function mapName(view: View, address: number): string {
  return mapAt(view.kernel.world, address)?.name ?? `0x${address.toString(16)}`;
}

/** A row of the table of regions. */
export const valuePointer: Describe = (view, region, address) => {
  if (!inside(region, address)) return undefined;
  const { maps, arena } = view.kernel;
  const map = mapAt(view.kernel.world, region.owner);
  const name = mapName(view, region.owner);
  const found = elementAt(maps, region, address);
  if (!found) return { kind: 'map-value', base: `value of ${name}`, offset: address - region.lo, map: name };
  const offset = address - found.value;
  const types = map && mapTypes(map);
  const place = types && placeIn(types.btf, types.value, offset);
  // Inside of a number there is nothing to name.
  const field = place === undefined || place === '' || place.startsWith('+') ? {} : { field: place };
  if (map && isSection(map)) return { kind: 'map-value', base: name, offset, map: name, ...field };
  const indexed = /array|devmap|cpumap/.test(mapTypeName(arena.getU32(region.owner + MAP.type)) ?? '');
  const owner = found.owner === undefined ? undefined : objectText(view, found.owner);
  const key = owner ?? (found.key && map ? keyText(map, found.key, indexed) : found.key ? '…' : '');
  const cpu = found.cpu === undefined ? '' : `@cpu${found.cpu}`;
  const base = `${name}[${cut(key, KEY_SHOWN)}]${cpu}`;
  return { kind: 'map-value', base, offset, map: name, ...field, ...(!found.live && { note: 'deleted' }) };
};
