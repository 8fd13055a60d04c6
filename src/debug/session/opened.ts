/** A session's kernel with everything loaded, and what it was opened with beside its input. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Symbols } from '../symbols.ts';
import type { CheckpointLimits } from './checkpoints.ts';
import type { Journey } from './journey.ts';

/** A kernel ready for its first packet. */
export interface Opened {
  readonly kernel: Kernel;
  readonly symbols: Symbols;
  readonly journey: Journey;
  /** Maps that the contents are for and that the programs do not have. */
  readonly skipped: readonly string[];
}

/** What is not part of the input: the kernel's types, which can be found anywhere, and how much of the past is kept. */
export interface OpenOptions {
  /** Absent: as much as suits long runs. */
  readonly checkpoints?: CheckpointLimits;
  /** See `KernelOptions.kernelBtf`. */
  readonly kernelBtf?: () => KernelBtf;
}
