import { arrayElement } from './array.ts';
import type { MapEnv } from './attr.ts';
import { fdArrayOps, fdArraySlot, u32Bytes } from './fdArray.ts';
import type { MapOps } from './mapOps.ts';
import { MAP } from './object.ts';
import { ENOENT } from './uapi.ts';

/** @kernel bpf_fd_array_map_lookup_elem */
function userLookupSlot(env: MapEnv, map: number, key: number): Uint8Array | number {
  const slot = arrayElement(env, map, key, 1);
  const held = slot === 0 ? 0 : env.arena.getU32(slot);
  return held === 0 ? -ENOENT : u32Bytes(held);
}

const { inner: _notAnInnerMap, ...withoutInner } = fdArrayOps;

export const progArrayOps: MapOps = { ...withoutInner, userLookup: userLookupSlot };

/** The id of the program at an index of a prog_array; 0 when there is none, and the tail call falls through. */
export function progArrayGet(env: MapEnv, map: number, index: number): number {
  return fdArraySlot(env, map, index);
}

/** The ids of the programs that a prog_array holds, by index; with repetitions. */
export function progArrayIds(env: MapEnv, map: number): number[] {
  const ids: number[] = [];
  const entries = env.arena.getU32(map + MAP.maxEntries);
  for (let index = 0; index < entries; index++) {
    const id = fdArraySlot(env, map, index);
    if (id !== 0) ids.push(id);
  }
  return ids;
}

/** Empties a prog_array that user space can no longer reach, frozen or not. @kernel bpf_fd_array_map_clear */
export function progArrayClear({ arena }: MapEnv, map: number): void {
  const entries = arena.getU32(map + MAP.maxEntries);
  const slots = arena.getU32(map + MAP.values);
  for (let index = 0; index < entries; index++) {
    if (arena.getU32(slots + 8 * index) !== 0) arena.setU32(slots + 8 * index, 0);
  }
}

/** What all programs of one prog_array share. */
export interface ProgArrayOwner {
  readonly progType: number;
  readonly jited: boolean;
  readonly xdpHasFrags: boolean;
  /** BTF id of the attach target's prototype, for the tracing types; 0 otherwise. */
  readonly attachProto?: number;
}

/**
 * Does a program fit into a prog_array, to be stored in it or to tail-call through it? The first one decides for all.
 * @kernel bpf_prog_map_compatible
 */
export function progArrayCompatible(env: MapEnv, map: number, prog: ProgArrayOwner): boolean {
  const { arena } = env;
  const flags = (prog.jited ? 1 : 0) | (prog.xdpHasFrags ? 2 : 0);
  const proto = prog.attachProto ?? 0;
  if (arena.getU32(map + MAP.ownerSet) === 0) {
    arena.setU32(map + MAP.ownerSet, 1);
    arena.setU32(map + MAP.ownerType, prog.progType);
    arena.setU32(map + MAP.ownerFlags, flags);
    arena.setU32(map + MAP.ownerProto, proto);
    return true;
  }
  return (
    arena.getU32(map + MAP.ownerType) === prog.progType &&
    arena.getU32(map + MAP.ownerFlags) === flags &&
    arena.getU32(map + MAP.ownerProto) === proto
  );
}
