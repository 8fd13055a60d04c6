/** What comes before the programs of a request: BTF is loaded, maps are created. */

import { type BtfCheck, checkBtf } from '../btf/check/index.ts';
import type { KernelBtfSource } from '../btf/record.ts';
import { type MapBtfAttr, mapCheckBtf } from '../maps/checkBtf.ts';
import { checkMapAttr } from '../maps/create.ts';
import { ERRNO, errnoName } from '../spec/errno.ts';
import { mapTypeName, mapTypeRow } from '../spec/mapTypes.ts';
import type { LoadRequest, MapRequest } from '../spec/request.ts';
import { fromHex } from '../util/hex.ts';
import { type MapInfo, type MapTypes, mapInfos } from './maps.ts';
import type { SetupFailure } from './result.ts';

const NAME_LENGTH = 15;

/** BTF blobs of a request, each loaded once: the kernel is asked for a log only when one fails, at level 1. */
export class BtfLoader {
  readonly #known = new Map<string, BtfCheck>();

  /** What became of a blob; undefined when the text is no hexadecimal. */
  check(hex: string): BtfCheck | undefined {
    const before = this.#known.get(hex);
    if (before) return before;
    const blob = fromHex(hex);
    const made = blob && checkBtf(blob, 1);
    if (made) this.#known.set(hex, made);
    return made;
  }

  /** Why a blob does not load; `whole` when the request ends there. */
  failure(hex: string | undefined, whole: boolean, detail?: string): SetupFailure | undefined {
    const made = hex ? this.check(hex) : undefined;
    if (!made || made.errno === 0) return undefined;
    return { stage: 'btf_load', errno: made.errno, btf_log: made.log, whole, ...(detail !== undefined && { detail }) };
  }
}

const isMapInMap = (type: number): boolean => ['array_of_maps', 'hash_of_maps'].includes(mapTypeName(type) ?? '');

/** One map's creation: what its BTF says, or the errno. @kernel map_create */
function createMap(
  request: MapRequest,
  requestBtf: string | undefined,
  btfs: BtfLoader,
  kernel: KernelBtfSource,
): MapTypes | number {
  const none = { btf: undefined, record: undefined, record_errno: 0 };
  const { key_size, value_size, max_entries, map_flags = 0, btf_key_type_id = 0, btf_value_type_id = 0 } = request;
  const type = mapTypeRow(request.type)?.id ?? Number(request.type);
  const attr: MapBtfAttr = { type, key_size, value_size, max_entries, map_flags, btf_key_type_id, btf_value_type_id };
  const hasBtf = btf_key_type_id !== 0 || btf_value_type_id !== 0;
  // The loader replaces characters that names may not have.
  const early = checkMapAttr({
    ...attr,
    name: (request.name ?? '').slice(0, NAME_LENGTH).replace(/[^\w.]/g, '_'),
    ...(request.map_extra !== undefined && { map_extra: request.map_extra }),
    btf: { hasBtf, keyTypeId: btf_key_type_id, valueTypeId: btf_value_type_id },
  });
  if (early !== 0) return -early;
  if (mapTypeName(type) === 'struct_ops' && request.btf_vmlinux_value_type === undefined) return ERRNO.EINVAL;
  // Descriptor 0 is open, but no map and no BTF.
  if (isMapInMap(type) && request.inner_map === undefined) return ERRNO.EINVAL;
  if (!hasBtf) return none;
  const hex = request.btf ?? requestBtf;
  const made = hex ? btfs.check(hex) : undefined;
  if (!made?.btf) return ERRNO.EINVAL;
  if (btf_value_type_id === 0) return { ...none, btf: made.btf };
  const checked = mapCheckBtf(made.btf, made.metas, attr, kernel);
  if (typeof checked === 'number') return -checked;
  return { btf: made.btf, record: checked.record, record_errno: checked.errno };
}

function mapDetail(index: number, request: MapRequest): string {
  const { name = '', key_size, value_size, max_entries, map_flags = 0 } = request;
  const type = mapTypeRow(request.type)?.id ?? request.type;
  const sizes = `key=${key_size} value=${value_size} max=${max_entries} flags=0x${map_flags.toString(16)}`;
  return `map ${index} (${name}) type=${type} ${sizes}: create:`;
}

/** The maps of a request, or why there are none. */
export function setUp(
  request: LoadRequest,
  btfs: BtfLoader,
  kernel: KernelBtfSource,
): readonly MapInfo[] | SetupFailure {
  const failed = btfs.failure(request.btf, true);
  if (failed) return failed;
  const types: MapTypes[] = [];
  for (const [i, map] of (request.maps ?? []).entries()) {
    const bad = btfs.failure(map.btf, true, `map ${i} (${map.name ?? ''}): BTF load`);
    if (bad) return bad;
    const made = createMap(map, request.btf, btfs, kernel);
    if (typeof made === 'number') {
      const detail = `${mapDetail(i, map)} ${errnoName(made) ?? made}`;
      return { stage: 'map_create', errno: made, whole: true, detail };
    }
    types.push(made);
  }
  return mapInfos(request.maps ?? [], types);
}
