/** The map commands of bpf(2) on a descriptor, as a program of user space calls them. */
import type { MapEnv } from '../maps/attr.ts';
import type { BatchAnswer, LookupBatch, WriteBatch } from '../maps/batch.ts';
import { userDeleteBatch, userLookupBatch, userUpdateBatch } from '../maps/batch.ts';
import type { MapInfo } from '../maps/object.ts';
import { mapInfo } from '../maps/object.ts';
import { progArrayCompatible } from '../maps/progArray.ts';
import { freezeMap, userDelete, userLookup, userLookupAndDelete, userNextKey, userUpdate } from '../maps/user.ts';
import { UAPI } from '../spec/constants.ts';
import { ERRNO } from '../spec/errno.ts';
import { mapTypeName } from '../spec/mapTypes.ts';
import type { KernelCore } from './core.ts';
import { dropReplaced, mapAlive } from './lifetime.ts';
import type { MapRecord, ProgRecord } from './world.ts';

const { BPF_F_RDONLY, BPF_F_WRONLY } = UAPI;
const { EBADF, EINVAL } = ERRNO;

/** Types whose values are descriptors: of programs, of maps, of what cannot be opened here. */
const DESCRIPTORS: Readonly<Record<string, 'prog' | 'map' | 'other'>> = {
  perf_event_array: 'other',
  prog_array: 'prog',
  array_of_maps: 'map',
  hash_of_maps: 'map',
};
/** A number that is no program's id and no map's address. */
const NO_DESCRIPTOR = new Uint8Array(4);

/** A batch on a map that is gone. */
function goneBatch({ count }: { readonly count: number }): BatchAnswer {
  return { errno: -EBADF, count, keys: new Uint8Array(), values: new Uint8Array() };
}

/**
 * What an update may store where values are descriptors: the program or map instead of its descriptor's number; in a
 * cgroup_array the cgroup's id.
 */
export type MapValue = Uint8Array | ProgRecord | MapRecord;

/**
 * An open descriptor of a map. Keys and values are bytes as bpf(2) takes and gives them; per-CPU types have the values of
 * all possible CPUs, each rounded up to 8 bytes. `flags` of 64 bits are hi * 2^32 + lo. What fails is a negative errno;
 * -EBADF once nothing holds the map any more: the descriptor itself does not.
 */
export class MapFile {
  readonly map: MapRecord;
  readonly #kernel: KernelCore;
  readonly #flags: number | undefined;

  /** `flags`: BPF_F_RDONLY, BPF_F_WRONLY or 0; absent: the descriptor of the map's creator. */
  constructor(kernel: KernelCore, map: MapRecord, flags?: number) {
    this.#kernel = kernel;
    this.map = map;
    this.#flags = flags;
  }

  /** BPF_MAP_LOOKUP_ELEM. Types without keys take an empty key; a bloom filter is asked for `value`. */
  lookup(key: Uint8Array, flags = 0, value?: Uint8Array): Uint8Array | number {
    return this.#gone ? -EBADF : userLookup(this.#env, this.map.address, key, flags, value);
  }

  /** BPF_MAP_UPDATE_ELEM. Where values are descriptors, bytes are none: -EBADF. */
  update(key: Uint8Array, value: MapValue, flags = 0): number {
    if (this.#gone) return -EBADF;
    const bytes = this.#descriptor(value);
    // What the map says of key and flags comes before what lies behind the descriptor.
    if (typeof bytes !== 'number')
      return this.#changed(userUpdate(this.#env, this.map.address, key, bytes, flags, this.#cpu));
    const errno = userUpdate(this.#env, this.map.address, key, NO_DESCRIPTOR, flags, this.#cpu);
    return errno === -EBADF ? bytes : errno;
  }

  /** BPF_MAP_DELETE_ELEM. */
  delete(key: Uint8Array): number {
    return this.#gone ? -EBADF : this.#changed(userDelete(this.#env, this.map.address, key, this.#cpu));
  }

  /** BPF_MAP_GET_NEXT_KEY: without a key, or after one that is not there, the first. -ENOENT after the last one. */
  nextKey(key?: Uint8Array): Uint8Array | number {
    return this.#gone ? -EBADF : userNextKey(this.#env, this.map.address, key);
  }

  /** BPF_MAP_LOOKUP_AND_DELETE_ELEM; of queues and stacks the next value. */
  lookupAndDelete(key: Uint8Array, flags = 0): Uint8Array | number {
    return this.#gone ? -EBADF : userLookupAndDelete(this.#env, this.map.address, key, flags, this.#cpu);
  }

  /** BPF_MAP_LOOKUP_BATCH. */
  lookupBatch(batch: LookupBatch): BatchAnswer {
    return this.#gone ? goneBatch(batch) : userLookupBatch(this.#env, this.map.address, batch);
  }

  /** BPF_MAP_LOOKUP_AND_DELETE_BATCH. */
  lookupAndDeleteBatch(batch: LookupBatch): BatchAnswer {
    return this.#gone ? goneBatch(batch) : userLookupBatch(this.#env, this.map.address, batch, true, this.#cpu);
  }

  /** BPF_MAP_UPDATE_BATCH. */
  updateBatch(batch: WriteBatch): BatchAnswer {
    if (this.#gone) return goneBatch(batch);
    const answer = userUpdateBatch(this.#env, this.map.address, batch, this.#cpu);
    dropReplaced(this.#kernel, this.map);
    return answer;
  }

  /** BPF_MAP_DELETE_BATCH. */
  deleteBatch(batch: WriteBatch): BatchAnswer {
    if (this.#gone) return goneBatch(batch);
    const answer = userDeleteBatch(this.#env, this.map.address, batch, this.#cpu);
    dropReplaced(this.#kernel, this.map);
    return answer;
  }

  /** BPF_MAP_FREEZE. */
  freeze(): number {
    return this.#gone ? -EBADF : freezeMap(this.#env, this.map.address);
  }

  /** BPF_OBJ_GET_INFO_BY_FD. */
  info(): MapInfo {
    return mapInfo(this.#env, this.map.address);
  }

  /** Nothing holds the map any more. */
  get #gone(): boolean {
    return !mapAlive(this.#kernel, this.map);
  }

  #changed(errno: number): number {
    dropReplaced(this.#kernel, this.map);
    return errno;
  }

  get #env(): MapEnv {
    const { maps } = this.#kernel;
    return this.#flags === undefined ? maps : { ...maps, fileFlags: this.#flags };
  }

  get #cpu(): number {
    return this.#kernel.world.cpu;
  }

  /** A value as the maps know it: an id, an address, the bytes; or the errno that a descriptor of its kind gets. */
  #descriptor(value: MapValue): Uint8Array | number {
    const wanted = DESCRIPTORS[mapTypeName(this.map.type) ?? ''];
    if (wanted === undefined) return value instanceof Uint8Array ? value : -EBADF;
    if (value instanceof Uint8Array || wanted === 'other') return -EBADF;
    const number = 'executable' in value ? value.id : value.address;
    if (('executable' in value ? 'prog' : 'map') !== wanted) return -EINVAL;
    if ('executable' in value && !progArrayCompatible(this.#kernel.maps, this.map.address, value.owner)) return -EINVAL;
    return new Uint8Array(Uint32Array.of(number).buffer);
  }
}

/**
 * Opens a descriptor of a map with flags BPF_F_RDONLY, BPF_F_WRONLY or 0, or -EINVAL for others.
 * @kernel bpf_map_get_fd_by_id
 */
export function openMapFile(kernel: KernelCore, map: MapRecord, flags: number): MapFile | number {
  return flags === 0 || flags === BPF_F_RDONLY || flags === BPF_F_WRONLY ? new MapFile(kernel, map, flags) : -EINVAL;
}
