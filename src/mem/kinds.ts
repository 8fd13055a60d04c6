/** What a region is for. The name is what faults and debuggers print. */
export const REGION_KINDS = [
  'free',
  'kernel',
  'stack',
  'ctx',
  'packet',
  'map',
  'map value',
  'map internals',
  'memory',
  'registers',
  'text',
  'ctx memory',
] as const;

export type RegionKind = (typeof REGION_KINDS)[number];

/** The number that region records hold and `Arena.check` answers. */
export function kindNumber(kind: RegionKind): number {
  return REGION_KINDS.indexOf(kind);
}
