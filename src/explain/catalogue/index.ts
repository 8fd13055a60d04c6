/** All kinds of rejections, and the one that a log's messages belong to. */

import { argumentRows } from './arguments.ts';
import { contextRows } from './contexts.ts';
import { helperRows } from './helpers.ts';
import { kfuncRows } from './kfuncs.ts';
import { lifetimeRows } from './lifetimes.ts';
import { limitsRows } from './limits.ts';
import { packetRows } from './packets.ts';
import { pointerRows } from './pointers.ts';
import { privilegeRows } from './privileges.ts';
import { referenceRows } from './references.ts';
import { registerRows } from './registers.ts';
import type { ErrorRow, Finding } from './row.ts';
import { messagePattern } from './row.ts';
import { sectionRows } from './sections.ts';
import { stackRows } from './stack.ts';
import { structureRows } from './structure.ts';
import { valueRows } from './values.ts';

/** Every kind of rejection that has an explanation; of rows with the same message the first that holds counts. */
export const ERROR_ROWS: readonly ErrorRow[] = [
  ...registerRows,
  ...pointerRows,
  ...privilegeRows,
  ...packetRows,
  ...valueRows,
  ...contextRows,
  ...stackRows,
  ...referenceRows,
  ...sectionRows,
  ...lifetimeRows,
  ...limitsRows,
  ...structureRows,
  ...helperRows,
  ...argumentRows,
  ...kfuncRows,
];

const PATTERNS = ERROR_ROWS.flatMap((row) => row.messages.map((m) => ({ row, pattern: messagePattern(m) })));

/** A row with what its message says. */
interface Match {
  readonly row: ErrorRow;
  readonly finding: Finding;
}

/** Finds the row of the first message that has one; `base` is what is known without it. */
export function matchRow(messages: readonly string[], base: Omit<Finding, 'message' | 'args'>): Match | undefined {
  for (const message of messages) {
    for (const { row, pattern } of PATTERNS) {
      const m = pattern.exec(message);
      if (!m) continue;
      const args = Object.fromEntries(Object.entries(m.groups ?? {}).filter(([, v]) => v !== undefined));
      const finding: Finding = { ...base, message, args };
      if (!row.when || row.when(finding)) return { row, finding };
    }
  }
  return undefined;
}
