/**
 * SEC() names: libbpf's section_defs (v1.8-dev) as rows, and the rules by which a section name finds its row. No two rows fit the
 * same name, so their order means nothing.
 */

import { networkSecNames } from './secNames/network.ts';
import type { SecNameRow } from './secNames/row.ts';
import { tracingSecNames } from './secNames/tracing.ts';

export type { SecNameRow } from './secNames/row.ts';

export const SEC_NAMES: readonly SecNameRow[] = [...networkSecNames, ...tracingSecNames];

export interface SecDef {
  readonly row: SecNameRow;
  /** What follows the first slash of a `+` name: a function, a tracepoint, `file:symbol`; '' when there is none. */
  readonly target: string;
  /** False for a name with a leading `?`: libbpf then loads the program only when asked to. */
  readonly autoload: boolean;
}

/** Whether a section name (without `?`) is meant by a row. @kernel sec_def_matches */
function secDefMatches(sec: string, name: string): boolean {
  if (!sec.endsWith('+')) return name === sec;
  const stem = sec.slice(0, -1);
  return name === stem || name.startsWith(`${stem}/`);
}

/** What libbpf makes of a section name: `secDef('?fentry/tcp_v4_connect')`; undefined when no row fits. */
export function secDef(name: string): SecDef | undefined {
  const autoload = !name.startsWith('?');
  const plain = autoload ? name : name.slice(1);
  const row = SEC_NAMES.find((r) => secDefMatches(r.sec, plain));
  if (row === undefined) return undefined;
  const target = row.sec.endsWith('+') ? plain.slice(row.sec.length) : '';
  return { row, target, autoload };
}
