/** The words over the verifier's exploration: gdb's, where gdb has one. */

import type { CommandRow } from '../commands/row.ts';
import { QUERY_ROWS } from './commands/asking.ts';
import { MOVE_ROWS } from './commands/moving.ts';
import { SESSION_ROWS } from './commands/sessionWords.ts';
import type { VerifierShell } from './shell.ts';

/** All commands of a session over an exploration. */
export const VERIFIER_COMMANDS: readonly CommandRow<VerifierShell>[] = [...MOVE_ROWS, ...QUERY_ROWS, ...SESSION_ROWS];
