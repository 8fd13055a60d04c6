/** The words of a session: where it can stop, how it moves, why it stopped. */
import type { SourcePos } from '../../util/problem.ts';
import type { SymbolPlace } from '../symbols.ts';

/** How a session is asked to move. `back` turns time around. */
export type Motion =
  /** One insn or source line, into calls (`step`) or over them (`next`). */
  | { readonly kind: 'step' | 'next'; readonly unit: 'insn' | 'line'; readonly count?: number; readonly back?: boolean }
  /** Out of the current function; backwards: to the call that it is in. */
  | { readonly kind: 'finish'; readonly back?: boolean }
  /** To the next breakpoint, or to the end (backwards: the beginning) of the session; `here`: or one where it stands. */
  | { readonly kind: 'continue'; readonly back?: boolean; readonly here?: boolean }
  /** To a place, or a breakpoint before it. */
  | { readonly kind: 'until'; readonly place: BreakPlace; readonly back?: boolean }
  /** To a moment, counted in ticks; breakpoints on the way do not count. */
  | { readonly kind: 'goto'; readonly tick: number };

/** What a breakpoint waits for. Slots are 8-byte insns of a program; `prog` is the id of `Executable`. */
export type BreakPlace =
  /** Before an insn; several where a source line or label stands in several programs. */
  | { readonly kind: 'insn'; readonly at: readonly InsnPlace[]; readonly text: string }
  /** Before a call of a helper or kfunc by name. */
  | { readonly kind: 'call'; readonly name: string }
  /** Before a tail call (that goes to the program `to`). */
  | { readonly kind: 'tail-call'; readonly to?: string }
  /** Before a helper changes a map: `any` of both, of all keys or of one. */
  | { readonly kind: 'map'; readonly op: 'update' | 'delete' | 'any'; readonly map: string; readonly key?: Uint8Array }
  /** After an insn that wrote what the expression names (a register, bytes of stack, packet, context or a map's value). */
  | { readonly kind: 'watch'; readonly expr: string }
  /** At an insn that faults; at the exit of a program with this verdict (any without `name`); before a packet's first insn. */
  | { readonly kind: 'fault' }
  | { readonly kind: 'verdict'; readonly name?: string }
  | { readonly kind: 'packet'; readonly number?: number };

/** One insn. */
export interface InsnPlace {
  readonly prog: number;
  readonly slot: number;
}

/** A breakpoint as it is asked for. */
export interface BreakSpec {
  readonly place: BreakPlace;
  /** Counts only when this expression is true (not 0). */
  readonly condition?: string;
  /** `3` or `== 3`, `>= 3`, `> 3`, `% 3`: which hits stop. */
  readonly hits?: string;
  /** Says this (with `{expr}` filled in) and goes on. */
  readonly log?: string;
  /** Is gone after its first stop. */
  readonly temporary?: boolean;
}

/** A breakpoint of a session. */
export interface Breakpoint extends BreakSpec {
  /** From 1. */
  readonly number: number;
  readonly enabled: boolean;
}

/** Why a session stands where it stands. */
export type StopReason =
  /** It has just begun. */
  | 'entry'
  | 'step'
  | 'breakpoint'
  /** At the insn that does what no verified program does; it has not happened. */
  | 'fault'
  /** There is nothing before, or nothing more to run. */
  | 'start'
  | 'end'
  /** The user asked for it. */
  | 'pause'
  | 'goto'
  /** Registers, memory or maps were changed by the user. */
  | 'edit';

/** What a breakpoint met. */
export interface Hit {
  readonly breakpoint: number;
  /** In words, where there is more to say than its number: what was written, the verdict. */
  readonly detail?: string;
}

/** Where and why a session stands. */
export interface Stop {
  readonly reason: StopReason;
  /** The moment: ticks since the session began (see `Replay.ticks`). */
  readonly tick: number;
  readonly hits: readonly Hit[];
  /** What log points said on the way, in order, as far as `MoveRun.said` has not told it. */
  readonly log: readonly string[];
}

/** A frame, for people. */
export interface Frame {
  /** 0 for the program's first. */
  readonly depth: number;
  /** Of the program: as the file calls it. */
  readonly prog: string;
  readonly progId: number;
  readonly func: SymbolPlace;
  /** The insn that runs next; of an outer frame the call that it is in. */
  readonly slot: number;
  /** The insn's text, and where it was written. */
  readonly text: string;
  readonly pos: SourcePos | undefined;
  /** `callback of bpf_loop` … */
  readonly via: string | undefined;
}

/** A change that the user makes at a moment; it belongs to the session's history from then on. */
export type Edit =
  | { readonly kind: 'register'; readonly depth: number; readonly reg: number; readonly value: bigint }
  | { readonly kind: 'memory'; readonly address: number; readonly bytes: Uint8Array }
  /** A store to the context at an address of its region; `size` in bytes. */
  | { readonly kind: 'ctx'; readonly address: number; readonly size: number; readonly value: bigint }
  | { readonly kind: 'map-update'; readonly map: string; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'map-delete'; readonly map: string; readonly key: Uint8Array };
