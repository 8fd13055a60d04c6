/** Elements of maps that a scenario gives or takes. */
import { mapInfo } from '../../maps/object.ts';
import { userDelete } from '../../maps/user.ts';
import { errnoName } from '../../spec/errno.ts';
import type { Problem } from '../../util/problem.ts';
import { problemText } from '../../util/problem.ts';
import { mapNamed } from '../mapNames.ts';
import { bytesOf, initMaps } from '../replay/mapInit.ts';
import { TypedMap } from '../replay/typedMap.ts';
import { scenarioProblem } from './messages.ts';
import type { MapElements } from './model.ts';
import type { Stage } from './stage.ts';

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
    const filled = initMaps(stage.kernel, { [elements.map]: elements.elements }, '', path);
    return filled.problems.map((p) => scenarioProblem('packet', {}, { path, why: problemText(p) }));
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
