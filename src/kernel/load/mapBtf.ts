/** The types that a load request brings for a map. */
import { parseBtf } from '../../btf/parse.ts';
import { btfParseStructMetas, type KernelBtfSource } from '../../btf/record.ts';
import type { MapBtf } from '../../maps/attr.ts';
import { errnoName } from '../../spec/errno.ts';
import { KPTR_DTORS } from '../../spec/kfuncs/dtors.ts';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import { kernelProblem } from '../messages.ts';

/** Of the kernel's structs those that a value may hold a reference to; any other that a program names counts as its own. */
const KPTR_STRUCTS: KernelBtfSource = () => ({
  find: (kind, name) => {
    const index = kind === 'struct' ? Object.keys(KPTR_DTORS).indexOf(name) : -1;
    return index < 0 ? undefined : index + 1;
  },
});

/** Reads the types of a map's key and value; ids of 0 say that there is no such type. */
export function mapBtf(blob: Uint8Array, keyTypeId: number, valueTypeId: number, map: string): Result<MapBtf> {
  if (keyTypeId === 0 && valueTypeId === 0) return ok({ hasBtf: false });
  const parsed = parseBtf(blob);
  if (!parsed.ok) return parsed;
  const btf = parsed.value;
  const metas = btfParseStructMetas(btf, KPTR_STRUCTS);
  if (typeof metas === 'number') {
    const errname = errnoName(-metas) ?? 'errno';
    return fail(kernelProblem('btf-load', {}, { map, errno: -metas, errname }));
  }
  return ok({ hasBtf: true, keyTypeId, valueTypeId, types: { btf, metas, kernel: KPTR_STRUCTS } });
}
