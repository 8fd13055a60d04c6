/** Maps of a load request: creation and initial contents. */
import type { MapAttr, MapBtf } from '../../maps/attr.ts';
import { createMap } from '../../maps/create.ts';
import { freezeMap, userUpdate, userUpdateSocket } from '../../maps/user.ts';
import { errnoName } from '../../spec/errno.ts';
import { mapTypeRow } from '../../spec/mapTypes.ts';
import type { MapRequest, MapUpdate } from '../../spec/request.ts';
import { fromHex } from '../../util/hex.ts';
import type { Problem, Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import type { KernelCore } from '../core.ts';
import { kernelProblem } from '../messages.ts';
import { randomOf } from '../random.ts';
import type { MapRecord } from '../world.ts';
import { mapBtf } from './mapBtf.ts';

/** Object names end after 15 characters. */
const NAME_LENGTH = 15;

/** The bytes of a hex field. */
export function hexField(text: string | readonly string[] | undefined, where: string): Result<Uint8Array> {
  const bytes = fromHex(typeof text === 'string' ? text : (text ?? []).join(''));
  return bytes ? ok(bytes) : fail(kernelProblem('hex', {}, { where }));
}

/** How a syscall's failure reads. */
function failed(code: 'map-create' | 'map-update', name: string, errno: number, index = 0): Problem {
  return kernelProblem(code, {}, { name, index, errno: -errno, errname: errnoName(errno) ?? 'errno' });
}

/** Creates one map; `earlier` are the maps of the request before it, `progBtf` the request's BTF for maps that have none. */
export function loadMap(
  kernel: KernelCore,
  request: MapRequest,
  index: number,
  earlier: readonly MapRecord[],
  progBtf?: string,
): Result<MapRecord> {
  const name = request.name ?? `map${index}`;
  const row = mapTypeRow(request.type);
  const type = row?.id ?? request.type;
  if (typeof type !== 'number') return fail(kernelProblem('map-type', {}, { name, type }));
  const inner = request.inner_map === undefined ? undefined : earlier[request.inner_map];
  if (request.inner_map !== undefined && !inner) {
    return fail(kernelProblem('map-index', {}, { where: `map ${name}, inner_map`, index: request.inner_map }));
  }
  let btf: MapBtf | undefined;
  let blob: Uint8Array | undefined;
  const { btf: text = progBtf, btf_key_type_id = 0, btf_value_type_id = 0 } = request;
  if (text !== undefined) {
    const bytes = hexField(text, `map ${name}, btf`);
    if (!bytes.ok) return bytes;
    blob = bytes.value;
    const read = mapBtf(blob, btf_key_type_id, btf_value_type_id, name);
    if (!read.ok) return read;
    btf = read.value;
  }
  const attr: MapAttr = {
    type,
    name: name.slice(0, NAME_LENGTH),
    key_size: request.key_size,
    value_size: request.value_size,
    max_entries: request.max_entries,
    map_flags: request.map_flags ?? 0,
    ...(request.map_extra !== undefined && { map_extra: request.map_extra }),
    ...(inner && { inner_map: inner.address }),
    ...(btf && { btf }),
  };
  const id = kernel.world.nextId;
  const made = createMap(kernel.maps, attr, id, randomOf(kernel.seed + id));
  if ('problem' in made) return fail(made.problem);
  if ('errno' in made) return fail(failed('map-create', name, made.errno));
  const types = blob && { btf: { blob, key: btf_key_type_id, value: btf_value_type_id } };
  const record: MapRecord = { id, name, address: made.map, type, ...types };
  kernel.world = { ...kernel.world, nextId: id + 1, maps: [...kernel.world.maps, record] };
  return ok(record);
}

function u32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** The value of an update as map bytes: given in hex, or the address of a map, or the id of a program. */
function updateValue(
  update: MapUpdate,
  where: string,
  maps: readonly MapRecord[],
  prog: ((update: MapUpdate) => Result<number>) | undefined,
): Result<Uint8Array> {
  if (update.value_map !== undefined) {
    const inner = maps[update.value_map];
    if (!inner) return fail(kernelProblem('map-index', {}, { where, index: update.value_map }));
    return ok(u32Bytes(inner.address));
  }
  if (prog && (update.value_prog || update.value_prog_index !== undefined)) {
    const id = prog(update);
    return id.ok ? ok(u32Bytes(id.value)) : id;
  }
  return hexField(update.value, `${where}, value`);
}

/**
 * Applies the updates of a map's request: those with programs when `prog` tells their ids, the others when it does not.
 */
export function applyUpdates(
  kernel: KernelCore,
  request: MapRequest,
  map: MapRecord,
  maps: readonly MapRecord[],
  socks: readonly number[],
  prog?: (update: MapUpdate) => Result<number>,
): Result<undefined> {
  for (const [index, update] of (request.updates ?? []).entries()) {
    const wantsProg = update.value_prog !== undefined || update.value_prog_index !== undefined;
    if (wantsProg !== (prog !== undefined)) continue;
    const where = `map ${map.name}, update ${index}`;
    const key = hexField(update.key, `${where}, key`);
    if (!key.ok) return key;
    if (update.value_socket !== undefined) {
      const sk = socks[update.value_socket];
      if (sk === undefined) return fail(kernelProblem('map-index', {}, { where, index: update.value_socket }));
      const refused = userUpdateSocket(kernel.maps, map.address, key.value, sk, update.flags ?? 0, kernel.world.cpu);
      if (refused < 0) return fail(failed('map-update', map.name, refused, index));
      continue;
    }
    const value = updateValue(update, where, maps, prog);
    if (!value.ok) return value;
    const errno = userUpdate(kernel.maps, map.address, key.value, value.value, update.flags ?? 0, kernel.world.cpu);
    if (errno < 0) return fail(failed('map-update', map.name, errno, index));
  }
  if (!prog && request.freeze) freezeMap(kernel.maps, map.address);
  return ok(undefined);
}
