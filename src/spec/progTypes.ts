/** Prog types of 6.12: number, context, what they may return, where they attach. The key is the name that bpftool and libbpf print. */

import { cgroupProgTypes } from './progTypes/cgroup.ts';
import { networkProgTypes } from './progTypes/network.ts';
import type { ProgTypeRow, RetvalRule } from './progTypes/row.ts';
import { tracingProgTypes } from './progTypes/tracing.ts';

export type { ProgTypeRow, RetvalRule } from './progTypes/row.ts';

export const PROG_TYPES = { ...networkProgTypes, ...cgroupProgTypes, ...tracingProgTypes } as const;

export type ProgTypeName = keyof typeof PROG_TYPES;

const BY_ID: ReadonlyMap<number, ProgTypeName> = new Map(
  (Object.keys(PROG_TYPES) as ProgTypeName[]).map((name) => [PROG_TYPES[name].id, name]),
);

/** Name of a prog type number; undefined when 6.12 has none. */
export function progTypeName(id: number): ProgTypeName | undefined {
  return BY_ID.get(id);
}

/** Row of a prog type by its number, its name or its BPF_PROG_TYPE_ name. */
export function progTypeRow(type: number | string): ProgTypeRow | undefined {
  const name =
    typeof type === 'number'
      ? BY_ID.get(type)
      : type.replace(/^BPF_PROG_TYPE_([A-Z0-9_]+)$/, (_, t: string) => t.toLowerCase());
  return name !== undefined && Object.hasOwn(PROG_TYPES, name) ? PROG_TYPES[name as ProgTypeName] : undefined;
}

/** What R0 may be at exit of a program of this type, attached so. */
export function retvalRule(row: ProgTypeRow, attachType?: string): RetvalRule {
  const { returns } = row;
  if (typeof returns === 'string' || Array.isArray(returns)) return returns as RetvalRule;
  const rules = returns as Readonly<Record<string, RetvalRule>>;
  return (attachType !== undefined && Object.hasOwn(rules, attachType) ? rules[attachType] : rules.default)!;
}
