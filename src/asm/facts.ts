/** What the assembler takes from the kernel's tables: the one place where it reads spec/. */
import { HELPERS, helperRow } from '../spec/helpers/index.ts';
import { MAP_TYPES } from '../spec/mapTypes.ts';

export { SEC_NAMES, type SecDef, secDef } from '../spec/secNames.ts';

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
export function kernelNumber(_name: string): bigint | undefined {
  return undefined;
}

export const kernelNames = (): string[] => [];
