/** Elements of maps that a scenario gives or takes. */
import { u32Bytes } from '../../maps/fdArray.ts';
import { mapInfo } from '../../maps/object.ts';
import { userDelete } from '../../maps/user.ts';
import { errnoName } from '../../spec/errno.ts';
import type { Problem } from '../../util/problem.ts';
import { problemText } from '../../util/problem.ts';
import { MapFile } from '../mapCommands.ts';
import { mapNamed } from '../mapNames.ts';
import { mapTypeOf } from '../replay/mapDump.ts';
import { bytesOf, initMaps, isFilled } from '../replay/mapInit.ts';
import { TypedMap } from '../replay/typedMap.ts';
import { scenarioProblem } from './messages.ts';
import type { MapElements } from './model.ts';
import type { Stage } from './stage.ts';

/** Keys of arrays, in bytes. */
const U32_SIZE = 4;

function missing(stage: Stage, { map: name, path }: MapElements): Problem | undefined {
  if (mapNamed(stage.kernel.world, name)) return undefined;
  const help = `there are: ${stage.kernel.world.maps.map((m) => m.name).join(', ') || 'none'}`;
  return scenarioProblem('map', {}, { path, name, help });
}

/** Puts elements in. */
export function updateMaps(stage: Stage, maps: readonly MapElements[]): readonly Problem[] {
  return maps.flatMap((elements) => {
    const wrong = missing(stage, elements);
    if (wrong) return [wrong];
    const { path } = elements;
    const type = mapTypeOf(mapNamed(stage.kernel.world, elements.map)!);
    if (type === 'prog_array') return updateProgs(stage, elements);
    if (!isFilled(type)) {
      return [
        scenarioProblem('element', {}, { path, what: 'elements', map: elements.map, why: `nobody fills a ${type}` }),
      ];
    }
    const filled = initMaps(stage.kernel, { [elements.map]: elements.elements }, '', path);
    return filled.problems.map((p) => scenarioProblem('packet', {}, { path, why: problemText(p) }));
  });
}

/** Puts programs into the slots of a prog array, by their names. */
function updateProgs({ kernel, state }: Stage, { map: name, path, elements }: MapElements): readonly Problem[] {
  const map = mapNamed(kernel.world, name)!;
  return elements.flatMap(({ key, value }) => {
    const wrong = (what: string, why: string) => [scenarioProblem('element', {}, { path, what, map: name, why })];
    const bytes = typeof key === 'number' ? u32Bytes(key) : bytesOf(key, U32_SIZE, () => undefined);
    if (typeof bytes === 'string') return wrong('key', bytes);
    const prog = typeof value === 'string' ? state.progs.get(value) : undefined;
    if (!prog)
      return wrong('value', `there is no program ${String(value)}; loaded are: ${[...state.progs.keys()].join(', ')}`);
    const errno = new MapFile(kernel, map).update(bytes, prog);
    return errno < 0 ? wrong('element', `the update fails with ${errnoName(-errno) ?? errno}`) : [];
  });
}

/** Takes elements out. */
export function deleteElements(stage: Stage, maps: readonly MapElements[]): readonly Problem[] {
  return maps.flatMap((elements) => {
    const wrong = missing(stage, elements);
    if (wrong) return [wrong];
    const { map: name, path } = elements;
    const map = mapNamed(stage.kernel.world, name)!;
    const typed = TypedMap.of(map);
    const { key_size } = mapInfo(stage.kernel.maps, map.address);
    return elements.elements.flatMap(({ key }) => {
      const bytes = bytesOf(key, key_size, (json) => (typed?.hasKey ? typed.keyBytes(json) : undefined));
      if (typeof bytes === 'string')
        return [scenarioProblem('element', {}, { path, what: 'key', map: name, why: bytes })];
      const errno = userDelete(stage.kernel.maps, map.address, bytes);
      if (errno >= 0) return [];
      const why = `the deletion fails with ${errnoName(-errno) ?? errno}`;
      return [scenarioProblem('element', {}, { path, what: 'element', map: name, why })];
    });
  });
}
