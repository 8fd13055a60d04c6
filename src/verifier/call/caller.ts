/** What a call leaves of the caller's registers. */
import type { Env } from '../env.ts';
import { markRegScratched } from '../env.ts';
import type { Cell } from '../state.ts';
import { LIVE } from '../state.ts';
import { NOT_INIT } from '../value/reg.ts';

const CALLER_SAVED = 6;

/** R0 to R5 hold nothing any more. */
export function clearCallerSaved(env: Env, regs: readonly Cell[]): void {
  for (let i = 0; i < CALLER_SAVED; i++) {
    markRegScratched(env, i);
    const c = regs[i]!;
    c.v = NOT_INIT;
    c.live |= LIVE.WRITTEN;
  }
}
