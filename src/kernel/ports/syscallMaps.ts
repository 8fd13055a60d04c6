/** Map commands of bpf(2) as a program makes them: attributes, keys and values lie in linear memory. */
import type { MapAttr } from '../../maps/attr.ts';
import { checkCommon, checkMapAttr, createMap, freeMap } from '../../maps/create.ts';
import { u32Bytes } from '../../maps/fdArray.ts';
import { MAP } from '../../maps/object.ts';
import { opsOf } from '../../maps/ops.ts';
import { mayWrite, userDelete, userUpdate } from '../../maps/user.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { MAP_TYPES, mapTypeName } from '../../spec/mapTypes.ts';
import type { KernelCore } from '../core.ts';
import { foreignFd, mapOfFd, openMapFd } from '../fds.ts';
import { dropReplaced } from '../lifetime.ts';
import { randomOf } from '../random.ts';
import type { MapRecord } from '../world.ts';

const { E2BIG, EBADF, EFAULT, EINVAL, ENOTSUPP, EOPNOTSUPP } = ERRNO;
/** Offsets in union bpf_attr. */
const CREATE = {
  type: 0,
  keySize: 4,
  valueSize: 8,
  maxEntries: 12,
  flags: 16,
  innerFd: 20,
  numaNode: 24,
  name: 28,
  ifindex: 44,
  btfFd: 48,
  keyTypeId: 52,
  valueTypeId: 56,
  vmlinuxTypeId: 60,
  extra: 64,
  tokenFd: 76,
} as const;
const ELEM = { key: 8, value: 16, flags: 24 } as const;
const NAME_LENGTH = 16;
const { array_of_maps, hash_of_maps, prog_array, perf_event_array, cgroup_array, struct_ops } = MAP_TYPES;
const { sockmap, sockhash, reuseport_sockarray } = MAP_TYPES;
const MAPS_IN_MAPS: readonly number[] = [array_of_maps.id, hash_of_maps.id];
/** Their values are descriptors of programs, perf events, cgroups: none is open. */
const FD_ARRAYS: readonly number[] = [prog_array.id, perf_event_array.id, cgroup_array.id];
const SOCKET_MAPS: readonly number[] = [sockmap.id, sockhash.id, reuseport_sockarray.id];

type Lack = (what: string) => void;

/** A u64 of the attributes as hi * 2^32 + lo. */
function u64At(attr: DataView, at: number): number {
  return attr.getUint32(at + 4, true) * 2 ** 32 + attr.getUint32(at, true);
}

const NOTHING = new Uint8Array();

function isMapped({ arena }: KernelCore, address: number, size: number): boolean {
  const last = address + Math.max(0, size - 1);
  return last < 2 ** 32 && arena.kindAt(address) !== 0 && arena.kindAt(last) !== 0;
}

/** Bytes at a kernel address; none where they cannot be read, which is EFAULT later. @kernel copy_from_kernel_nofault */
function copyIn(kernel: KernelCore, address: number, size: number): Uint8Array {
  return size > 0 && isMapped(kernel, address, size) ? kernel.arena.bytes(address, size) : NOTHING;
}

/** The key; a map without keys refuses one that is there. @kernel ___bpf_copy_key */
function keyOf(kernel: KernelCore, map: MapRecord, attr: DataView): Uint8Array {
  const address = u64At(attr, ELEM.key);
  const size = kernel.arena.getU32(map.address + MAP.keySize);
  return size === 0 ? new Uint8Array(address === 0 ? 0 : 1) : copyIn(kernel, address, size);
}

/** The name's characters; undefined when it does not end. @kernel bpf_obj_name_cpy */
function nameOf(attr: DataView): string | undefined {
  const bytes = Array.from({ length: NAME_LENGTH }, (_, i) => attr.getUint8(CREATE.name + i));
  const end = bytes.indexOf(0);
  return end < 0 ? undefined : String.fromCharCode(...bytes.slice(0, end));
}

/** Why a map cannot lie in a device: none takes any. @kernel bpf_map_offload_map_alloc */
function offloadError(kernel: KernelCore, type: number, ifindex: number): number {
  const offloadable = type === MAP_TYPES.array.id || type === MAP_TYPES.hash.id;
  return offloadable && kernel.maps.deviceExists?.(ifindex) ? -EOPNOTSUPP : -EINVAL;
}

/** BPF_MAP_CREATE: a descriptor or -errno. @kernel map_create */
export function createFromAttr(kernel: KernelCore, attr: DataView, lack: Lack): number {
  const u32 = (at: number): number => attr.getUint32(at, true);
  const [key, value] = [u32(CREATE.keyTypeId), u32(CREATE.valueTypeId)];
  const type = u32(CREATE.type);
  if (u32(CREATE.vmlinuxTypeId) !== 0 && (type !== struct_ops.id || key !== 0 || value !== 0)) return -EINVAL;
  if (u32(CREATE.vmlinuxTypeId) !== 0) {
    lack('a map of a kernel struct');
    return 0;
  }
  const inner = MAPS_IN_MAPS.includes(type) ? mapOfFd(kernel, u32(CREATE.innerFd)) : undefined;
  const name = nameOf(attr);
  const extra = u64At(attr, CREATE.extra);
  const made: MapAttr = {
    type,
    // A name that is refused is refused after the type's own checks.
    name: name ?? '?',
    key_size: u32(CREATE.keySize),
    value_size: u32(CREATE.valueSize),
    max_entries: u32(CREATE.maxEntries),
    map_flags: u32(CREATE.flags) & ~UAPI.BPF_F_TOKEN_FD,
    numa_node: u32(CREATE.numaNode),
    map_extra: extra,
    ...(typeof inner === 'object' && { inner_map: inner.address }),
    ...((key !== 0 || value !== 0) && { btf: { hasBtf: true, keyTypeId: key, valueTypeId: value } }),
  };
  const early = checkCommon(made) || (mapTypeName(type) === undefined ? -EINVAL : 0);
  if (early !== 0) return early;
  if ((u32(CREATE.flags) & UAPI.BPF_F_TOKEN_FD) !== 0) return foreignFd(kernel, u32(CREATE.tokenFd));
  if (u32(CREATE.ifindex) !== 0) return offloadError(kernel, type, u32(CREATE.ifindex));
  if (typeof inner === 'number') return checkMapAttr({ ...made, name: '' }) || inner;
  const id = kernel.world.nextId;
  const created = createMap(kernel.maps, made, id, randomOf(kernel.seed + id));
  if ('errno' in created) return created.errno;
  if ('problem' in created) {
    lack('a map of this type');
    return 0;
  }
  if (made.btf) {
    freeMap(kernel.maps, created.map);
    return foreignFd(kernel, u32(CREATE.btfFd));
  }
  const record: MapRecord = { id, name: made.name, address: created.map, type };
  kernel.world = { ...kernel.world, nextId: id + 1, maps: [...kernel.world.maps, record] };
  return openMapFd(kernel, record);
}

/** What is wrong with a value that is a descriptor; the kernel's checks in its order. @kernel bpf_fd_array_map_update_elem */
function fdError(kernel: KernelCore, map: MapRecord, key: Uint8Array, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const index = new DataView(key.buffer, key.byteOffset).getUint32(0, true);
  return index >= kernel.arena.getU32(map.address + MAP.maxEntries) ? -E2BIG : -EBADF;
}

/** BPF_MAP_UPDATE_ELEM. @kernel map_update_elem */
export function updateFromAttr(kernel: KernelCore, map: MapRecord, attr: DataView, lack: Lack): number {
  const { maps, world } = kernel;
  const flags = u64At(attr, ELEM.flags);
  if (SOCKET_MAPS.includes(map.type)) {
    lack('a socket by its descriptor');
    return 0;
  }
  const key = keyOf(kernel, map, attr);
  const at = u64At(attr, ELEM.value);
  const size = opsOf(maps, map.address).userValueSize(maps, map.address);
  let value = copyIn(kernel, at, size);
  if (value.length > 0 && key.length > 0 && mayWrite(maps, map.address)) {
    if (FD_ARRAYS.includes(map.type)) return fdError(kernel, map, key, flags);
    if (MAPS_IN_MAPS.includes(map.type)) {
      const inner = mapOfFd(kernel, new DataView(value.buffer, value.byteOffset).getUint32(0, true));
      if (typeof inner === 'number') return map.type === array_of_maps.id ? fdError(kernel, map, key, flags) : inner;
      value = u32Bytes(inner.address);
    }
  }
  const errno = userUpdate(maps, map.address, key, value, flags, world.cpu);
  dropReplaced(kernel, map);
  // Even no bytes at all are read from their address before the type has a say.
  return errno === -ENOTSUPP && size === 0 && !isMapped(kernel, at, 0) ? -EFAULT : errno;
}

/** BPF_MAP_DELETE_ELEM. @kernel map_delete_elem */
export function deleteFromAttr(kernel: KernelCore, map: MapRecord, attr: DataView): number {
  const errno = userDelete(kernel.maps, map.address, keyOf(kernel, map, attr), kernel.world.cpu);
  dropReplaced(kernel, map);
  return errno;
}
