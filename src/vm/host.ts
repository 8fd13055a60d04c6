import type { HelperEnv } from '../helpers/env.ts';
import type { Problem } from '../util/problem.ts';
import type { Executable } from './executable.ts';

/** What the interpreter needs from the kernel around it. */
export interface MachineHost {
  readonly env: HelperEnv;
  /** Where `env.ret64` leaves its value. */
  readonly result: { lo: number; hi: number };
  /** Where `env.notSimulated` leaves what a helper asked for; empty when it asked for nothing. */
  readonly lack: { what: string };
  /** The interpreter says how the call chain of its program is asked for. */
  setCallChain(chain: () => readonly number[]): void;
  program(id: number): Executable | undefined;
  /** The program that holds the text address, for calls through a register. */
  programAt(address: number): Executable | undefined;
  /** bpf_tail_call: the program in a prog_array's slot, or undefined. */
  tailCallTarget(map: number, index: number): Executable | undefined;
  /**
   * A read of a context view: `size` bytes at the address of the view, result through `result`; false when the
   * context has no such readable field.
   */
  ctxLoad(address: number, size: number): boolean;
  ctxStore(address: number, size: number, lo: number, hi: number): boolean;
  /** LD_ABS/LD_IND: a big-endian load from the packet of the context in R6, or -1 past its end (the program exits 0). */
  packetLoad(ctx: number, offset: number, size: number): number;
  /** Names what a region belongs to, for fault messages. */
  ownerName(kind: string, owner: number): string;
}

/** How a run stands after `advance`. */
export type RunStatus =
  | { readonly state: 'paused' }
  /** R0 as two signed halves. */
  | { readonly state: 'done'; readonly lo: number; readonly hi: number }
  | { readonly state: 'fault'; readonly problem: Problem };

/** The part of a running program that is not in linear memory. */
export interface MachineState {
  readonly progId: number;
  readonly pc: number;
  readonly depth: number;
  /** Insns executed so far. */
  readonly insns: number;
  readonly tailCalls: number;
  readonly status: RunStatus;
}
