/**
 * How long maps and programs live: a map counts its holders (`MAP.refs`), a program is held by what can be seen to name
 * it. Holders of a map are descriptors, pins, programs that name it and slots of maps in maps; of a program descriptors,
 * pins, slots of prog_arrays, timers that are due and attachments.
 */
import { freeMap } from '../maps/create.ts';
import { MAP } from '../maps/object.ts';
import { progArrayClear, progArrayIds } from '../maps/progArray.ts';
import { ERRNO } from '../spec/errno.ts';
import { MAP_TYPES } from '../spec/mapTypes.ts';
import type { KernelCore } from './core.ts';
import { timedProgs } from './ports/timers.ts';
import type { MapRecord, ProgRecord, World } from './world.ts';

/** Is the map's object still there? */
export function mapAlive({ arena }: KernelCore, { address, id }: MapRecord): boolean {
  return arena.region(address)?.kind === 'map' && arena.getU32(address + MAP.id) === id;
}

/** One holder more. @kernel bpf_map_inc */
export function holdMap({ arena }: KernelCore, { address }: MapRecord): void {
  arena.setU32(address + MAP.refs, arena.getU32(address + MAP.refs) + 1);
}

/** Takes the maps out of the World that are gone, whoever dropped them: an outer map drops its inner ones by itself. */
function forgetFreedMaps(kernel: KernelCore): void {
  const { world } = kernel;
  const maps = world.maps.filter((map) => mapAlive(kernel, map));
  if (maps.length < world.maps.length) kernel.world = { ...world, maps };
}

/** One holder less; the last one frees the map. @kernel bpf_map_put */
function putMap(kernel: KernelCore, map: MapRecord): void {
  const last = kernel.arena.getU32(map.address + MAP.refs) === 1;
  freeMap(kernel.maps, map.address);
  if (last) forgetFreedMaps(kernel);
}

/** Does user space still have a way to the map, by a descriptor or a path? */
function hasUser({ open, files, pins }: World, id: number): boolean {
  return open.includes(id) || files.some((file) => file.map === id) || pins.some((pin) => pin.id === id);
}

/**
 * Drops the hold of a descriptor or pin that the World no longer has. Without the last one a prog_array empties itself:
 * it would else hold programs that hold it. What nothing holds then goes.
 * @kernel bpf_map_put_with_uref
 */
export function putMapUser(kernel: KernelCore, map: MapRecord): void {
  if (map.type === MAP_TYPES.prog_array.id && !hasUser(kernel.world, map.id)) progArrayClear(kernel.maps, map.address);
  putMap(kernel, map);
  unloadUnheld(kernel);
}

/** The programs that something holds. */
function heldProgs(kernel: KernelCore): ReadonlySet<number> {
  const { world, maps } = kernel;
  const arrays = world.maps.filter((map) => map.type === MAP_TYPES.prog_array.id);
  return new Set([
    ...world.open,
    ...world.pins.map((pin) => pin.id),
    ...arrays.flatMap((map) => progArrayIds(maps, map.address)),
    ...timedProgs(kernel),
    ...world.node.links.map((link) => link.prog.id),
  ]);
}

/** Unloads the programs that nothing holds, and the maps that only they held. @kernel bpf_prog_put */
export function unloadUnheld(kernel: KernelCore): void {
  for (;;) {
    const { world } = kernel;
    const held = heldProgs(kernel);
    const gone = world.progs.filter((prog) => !held.has(prog.id));
    if (gone.length === 0) return;
    kernel.world = { ...world, progs: world.progs.filter((prog) => held.has(prog.id)) };
    for (const prog of gone) unload(kernel, prog);
  }
}

/** @kernel __bpf_prog_put_noref */
function unload(kernel: KernelCore, prog: ProgRecord): void {
  kernel.arena.free(prog.executable.text);
  for (const id of prog.maps) {
    const map = kernel.world.maps.find((m) => m.id === id);
    if (map) putMap(kernel, map);
  }
}

/** After user space changed a map: programs and maps that it no longer holds may go. */
export function dropReplaced(kernel: KernelCore, { type }: MapRecord): void {
  if (type === MAP_TYPES.prog_array.id) unloadUnheld(kernel);
  if (type === MAP_TYPES.array_of_maps.id || type === MAP_TYPES.hash_of_maps.id) forgetFreedMaps(kernel);
}

/** Notes a descriptor of a map or program; a map's was counted when it was made, or by `holdMap`. */
export function openObject(kernel: KernelCore, { id }: MapRecord | ProgRecord): void {
  kernel.world = { ...kernel.world, open: [...kernel.world.open, id] };
}

/** Closes a descriptor that loading or opening gave: 0, or -EBADF when there is none (any more). */
export function closeObject(kernel: KernelCore, { id }: MapRecord | ProgRecord): number {
  const { world } = kernel;
  const index = world.open.indexOf(id);
  if (index < 0) return -ERRNO.EBADF;
  kernel.world = { ...world, open: world.open.filter((_, i) => i !== index) };
  const map = world.maps.find((m) => m.id === id);
  if (map) putMapUser(kernel, map);
  else unloadUnheld(kernel);
  return 0;
}
