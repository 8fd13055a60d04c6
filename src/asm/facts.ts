/** What the assembler takes from the kernel's tables: the one place where it reads spec/. */
import { constant, constantNames } from '../spec/constants.ts';
import { CONTEXTS, ctxField, ctxStruct } from '../spec/ctx/index.ts';
import { HELPERS, helperRow } from '../spec/helpers/index.ts';
import { MAP_TYPES } from '../spec/mapTypes.ts';
import { suggest } from '../util/suggest.ts';

export { SEC_NAMES, secDef } from '../spec/secNames.ts';

/** Number of a helper by name. */
export function helperId(name: string): number | undefined {
  return helperRow(name)?.id;
}

export const helperNames = (): string[] => Object.keys(HELPERS);

/** `lru_hash` of `lru_hash` or `BPF_MAP_TYPE_LRU_HASH`. */
export function mapTypeNamed(name: string): string | undefined {
  const short = name.startsWith('BPF_MAP_TYPE_') ? name.slice('BPF_MAP_TYPE_'.length).toLowerCase() : name;
  return Object.hasOwn(MAP_TYPES, short) ? short : undefined;
}

export const mapTypeNames = (): string[] => Object.keys(MAP_TYPES);

/** A number that the kernel's headers name, or the offset of a context field (`__sk_buff.data`). */
export function kernelNumber(name: string): bigint | undefined {
  const dot = name.indexOf('.');
  if (dot < 0) {
    const value = constant(name);
    return value === undefined ? undefined : BigInt(value);
  }
  const field = ctxField(name.slice(0, dot), name.slice(dot + 1));
  return field && BigInt(field.offset);
}

/** Size of a context struct or of one of its fields. */
export function kernelSize(name: string): number | undefined {
  const dot = name.indexOf('.');
  if (dot < 0) return ctxStruct(name)?.size;
  const field = ctxField(name.slice(0, dot), name.slice(dot + 1));
  return field && field.size * (field.count ?? 1);
}

/** Names that `kernelNumber` knows; of context fields only those of the struct that `like` begins with. */
export function* kernelNames(like: string): Iterable<string> {
  const dot = like.indexOf('.');
  if (dot < 0) {
    yield* constantNames();
    return;
  }
  const struct = suggest(like.slice(0, dot), Object.keys(CONTEXTS));
  for (const field of Object.keys((struct && ctxStruct(struct)?.fields) ?? {})) yield `${struct}.${field}`;
}
