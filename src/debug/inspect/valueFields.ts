/** The special fields in the values of maps: locks, timers, pointers to objects that the map keeps. */
import type { FieldKind } from '../../btf/fields.ts';
import { fieldAt, fieldCount } from '../../maps/fields.ts';
import { roundUp8 } from '../../maps/object.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import type { View } from '../view.ts';
import { walkMap } from './mapWalk.ts';

/** Elements of one map that are searched. */
const MAX_ELEMENTS = 4096;

/** Addresses of all fields of one of these kinds, in the values that there are now. */
export function* specialFields({ kernel }: View, kinds: readonly FieldKind[]): Generator<number> {
  const { arena, maps, world } = kernel;
  for (const { address: map, type } of world.maps) {
    const count = fieldCount(arena, map);
    const fields = Array.from({ length: count }, (_, i) => fieldAt(arena, map, i)).filter((f) =>
      kinds.includes(f.kind),
    );
    if (fields.length === 0) continue;
    const percpu = mapTypeName(type)?.includes('percpu') === true;
    let looked = 0;
    for (const { address, values } of walkMap(maps, map)) {
      if (++looked > MAX_ELEMENTS) break;
      for (let copy = 0; address !== 0 && copy < (percpu ? values.length : 1); copy++) {
        for (const { offset } of fields) yield address + copy * roundUp8(values[copy]!.length) + offset;
      }
    }
  }
}
