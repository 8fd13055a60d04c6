/** Maps that are there before a request is loaded, and stand for maps of it. */
import { mapInfo } from '../../maps/object.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO, errnoName } from '../../spec/errno.ts';
import { MAP_TYPES, mapTypeName, mapTypeRow } from '../../spec/mapTypes.ts';
import type { MapRequest } from '../../spec/request.ts';
import type { Problem, Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import { pinnedObject } from '../bpffs.ts';
import type { KernelCore } from '../core.ts';
import { mapAlive } from '../lifetime.ts';
import { kernelProblem } from '../messages.ts';
import type { MapRecord } from '../world.ts';

/** How a request is loaded. */
export interface LoadOptions {
  /** The directory in which maps declared with `pinning` are shared; without it such maps are made like all others. */
  readonly pins?: string;
  /** Maps by name that stand for those of the request, whatever the request says of their attributes. */
  readonly maps?: Readonly<Record<string, MapRecord>>;
}

/** Attributes that the map of a request and the map that stands for it have in common. */
const SAME = ['type', 'key_size', 'value_size', 'max_entries', 'map_flags', 'map_extra'] as const;

/** Attributes of maps, by their names in bpf(2); a type is a name where there is one. */
export type MapAttributes = Readonly<Record<(typeof SAME)[number], number | string>>;

/** The attributes of a map, as BPF_OBJ_GET_INFO_BY_FD tells them. */
export function attributesOf(kernel: KernelCore, map: MapRecord): MapAttributes {
  const info = mapInfo(kernel.maps, map.address);
  // The kernel sets this flag of devmaps by itself.
  const devmap = map.type === MAP_TYPES.devmap.id || map.type === MAP_TYPES.devmap_hash.id;
  const map_flags = devmap ? info.map_flags & ~UAPI.BPF_F_RDONLY_PROG : info.map_flags;
  return { ...info, type: mapTypeName(info.type) ?? info.type, map_flags };
}

/** The attributes that a request asks for. */
export function attributesAsked(request: MapRequest): MapAttributes {
  const { type, key_size, value_size, max_entries, map_flags = 0, map_extra = 0 } = request;
  const row = mapTypeRow(type);
  return { type: (row && mapTypeName(row.id)) ?? type, key_size, value_size, max_entries, map_flags, map_extra };
}

/** The path under which a map of a request is shared; none when it is not. */
export function pinPath({ name, pinning }: MapRequest, { pins, maps }: LoadOptions): string | undefined {
  if (pins === undefined || pinning === undefined || name === undefined) return undefined;
  if (maps && Object.hasOwn(maps, name)) return undefined;
  return `${pins}/${name}`;
}

/** Why a map cannot be pinned, or what is at its path cannot be had. */
export function pinProblem({ name = '' }: MapRequest, path: string, errno: number): Problem {
  return kernelProblem('pin', {}, { name, path, errno: -errno, errname: errnoName(-errno) ?? 'errno' });
}

/**
 * The map that stands for one of a request: the caller's, or the one at its path, which must have the same attributes.
 * Undefined: there is none, it is to be made.
 */
export function existingMap(
  kernel: KernelCore,
  request: MapRequest,
  path: string | undefined,
  { maps }: LoadOptions,
): Result<MapRecord | undefined> {
  const { name = '' } = request;
  const given = Object.hasOwn(maps ?? {}, name) ? maps?.[name] : undefined;
  if (given) return mapAlive(kernel, given) ? ok(given) : fail(kernelProblem('map-gone', {}, { name }));
  if (path === undefined) return ok(undefined);
  const object = pinnedObject(kernel, path);
  if (object === -ERRNO.ENOENT) return ok(undefined);
  if (typeof object === 'number') return fail(pinProblem(request, path, object));
  if ('executable' in object) return fail(kernelProblem('prog-pinned', {}, { name, path }));
  const old = attributesOf(kernel, object);
  const asked = attributesAsked(request);
  const attribute = SAME.find((key) => old[key] !== asked[key]);
  if (attribute === undefined) return ok(object);
  return fail(kernelProblem('map-pinned', {}, { name, path, attribute, old: old[attribute], new: asked[attribute] }));
}
