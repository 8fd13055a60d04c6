import type { DebugInputOptions } from './debugInput.ts';

/** The options of `bpflab debug` as commander hands them over. */
export interface DebugOptions extends DebugInputOptions {
  readonly nth?: number;
  readonly verifier?: boolean;
  readonly batch?: boolean;
  readonly ex?: readonly string[];
  /** Files of `-x`. */
  readonly commands?: readonly string[];
  readonly record?: string;
  readonly plain?: boolean;
  readonly json?: boolean;
}
