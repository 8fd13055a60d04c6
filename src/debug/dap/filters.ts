/** Exceptions that a client can choose to stop at. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { BreakPlace } from '../session/types.ts';

interface FilterRow extends DebugProtocol.ExceptionBreakpointsFilter {
  /** What the session waits for; undefined where it need not be told. */
  readonly place: ((condition: string | undefined) => BreakPlace) | undefined;
}

export const FILTERS = {
  fault: {
    filter: 'fault',
    label: 'Faults',
    description: 'An insn does what no verified program does: a bad access, a bad call, too many insns.',
    default: true,
    // Every motion ends at a fault; what to do there is the adapter's business.
    place: undefined,
  },
  verdict: {
    filter: 'verdict',
    label: 'Verdicts',
    description: "A program ends with a verdict; the condition names it ('XDP_DROP').",
    default: false,
    supportsCondition: true,
    conditionDescription: 'XDP_DROP',
    place: (condition) => ({ kind: 'verdict', ...(condition !== undefined && { name: condition }) }),
  },
  rejected: {
    filter: 'rejected',
    label: 'Rejections',
    description: 'The verifier rejects the program: it stops at the insn that was refused.',
    default: true,
    place: undefined,
  },
} as const satisfies Record<string, FilterRow>;

export type FilterId = keyof typeof FILTERS;

const rows: readonly (readonly [FilterId, FilterRow])[] = Object.entries(FILTERS) as [FilterId, FilterRow][];

/** On before the client has said anything. */
export const FILTER_DEFAULTS: ReadonlySet<FilterId> = new Set(rows.filter(([, r]) => r.default).map(([id]) => id));

/** The filters as `initialize` announces them. */
export const ANNOUNCED_FILTERS: DebugProtocol.ExceptionBreakpointsFilter[] = rows.map(
  ([, { place: _, ...row }]) => row,
);

/** A filter by its id. */
export function filterRow(id: string): FilterRow | undefined {
  return Object.hasOwn(FILTERS, id) ? FILTERS[id as FilterId] : undefined;
}
