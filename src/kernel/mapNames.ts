/**
 * Maps by their names. A pinned map that was made anew leaves an older one of its name behind, as long as programs use it:
 * a name means the map that is pinned, or the newest, and the older one is called `NAME (unpinned)`.
 */
import type { MapRecord, World } from './world.ts';

const OLD = ' (unpinned)';

/** The map that a name means; undefined where there is none. */
function currentMap({ maps, pins }: World, name: string): MapRecord | undefined {
  const named = maps.filter((m) => m.name === name);
  return named.findLast((m) => pins.some((p) => p.kind === 'map' && p.id === m.id)) ?? named.at(-1);
}

/** What a map is called where all maps of a node are told of. */
export function mapLabel(world: World, map: MapRecord): string {
  return isCurrentMap(world, map) ? map.name : `${map.name}${OLD}`;
}

/** Is it the map that its name means? */
export function isCurrentMap(world: World, map: MapRecord): boolean {
  return currentMap(world, map.name)?.id === map.id;
}

/** The map that is called so by `mapLabel`: of several old ones the newest. */
export function mapNamed(world: World, label: string): MapRecord | undefined {
  if (!label.endsWith(OLD)) return currentMap(world, label);
  return world.maps.findLast((m) => mapLabel(world, m) === label);
}
