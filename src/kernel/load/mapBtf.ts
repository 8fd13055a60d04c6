/** What a map's BTF says that the map itself must know: sizes of key and value, and special fields in the value. */
import { resolveType, typeSize } from '../../btf/format.ts';
import type { Btf, BtfType } from '../../btf/parse.ts';
import { parseBtf } from '../../btf/parse.ts';
import type { MapBtf } from '../../maps/attr.ts';
import type { Result } from '../../util/problem.ts';
import { ok } from '../../util/problem.ts';

/** Structs in structs that are looked into for special fields. */
const MAX_NESTING = 4;

function keyKind(type: BtfType | undefined): NonNullable<MapBtf['keyKind']> {
  if (type?.kind === 'struct') return 'struct';
  return type?.kind === 'int' && type.size === 4 && type.bits === 32 ? 'int32' : 'other';
}

/** Byte offset of the first member whose type is this struct, at any depth. @kernel btf_find_field */
function fieldOffset(btf: Btf, type: BtfType | undefined, struct: string, base = 0, depth = 0): number | undefined {
  if (type?.kind !== 'struct' || depth > MAX_NESTING) return undefined;
  for (const member of type.members) {
    const inner = resolveType(btf, member.type)?.type;
    const at = base + member.bitOffset / 8;
    if (inner?.kind === 'struct' && inner.name === struct) return at;
    const nested = fieldOffset(btf, inner, struct, at, depth + 1);
    if (nested !== undefined) return nested;
  }
  return undefined;
}

/** Reads key and value types of a blob; ids of 0 say that there is no such type. */
export function mapBtf(blob: Uint8Array, key: number, value: number): Result<MapBtf> {
  if (key === 0 && value === 0) return ok({ hasBtf: false });
  const parsed = parseBtf(blob);
  if (!parsed.ok) return parsed;
  const btf = parsed.value;
  const valueType = resolveType(btf, value)?.type;
  const sizes = { keySize: typeSize(btf, key), valueSize: typeSize(btf, value) };
  const spinLockOff = fieldOffset(btf, valueType, 'bpf_spin_lock');
  const timerOff = fieldOffset(btf, valueType, 'bpf_timer');
  return ok({
    hasBtf: true,
    keyTypeId: key,
    valueTypeId: value,
    ...(sizes.keySize !== undefined && { keySize: sizes.keySize }),
    ...(sizes.valueSize !== undefined && { valueSize: sizes.valueSize }),
    keyKind: keyKind(resolveType(btf, key)?.type),
    valueIsDatasec: valueType?.kind === 'datasec',
    ...(spinLockOff !== undefined && { spinLockOff }),
    ...(timerOff !== undefined && { timerOff }),
  });
}
