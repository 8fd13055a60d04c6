/** The parts of BPF_PROG_TEST_RUN that prog types share: buffers in, clamped buffers out. */
import { ERRNO } from '../../spec/errno.ts';

/** What user space passes; sizes in bytes. */
export interface TestRunInput {
  readonly data?: Uint8Array;
  /** The context; an empty one is a pointer without a size, which is EINVAL. */
  readonly ctx?: Uint8Array;
  /** How often the program runs on the same packet; 0 counts as 1. */
  readonly repeat?: number;
  readonly flags?: number;
  /** Room for the packet afterwards; absent: as much as it needs, 0: none is wanted. */
  readonly outSize?: number;
  /** Room for the context afterwards; absent: as much as it needs where there is one, 0: none is wanted. */
  readonly ctxOutSize?: number;
  readonly cpu?: number;
  readonly batchSize?: number;
}

/** A run that is also told its socket, which user space cannot do. */
export interface SockRunInput extends TestRunInput {
  /**
   * The socket of the packet or the context: the address of its object; of a packet also 0, none. Without it a run over a
   * socket buffer has the kernel's dummy socket, any other a new one.
   */
  readonly sock?: number;
}

/** What comes back. With an errno other than ENOSPC the rest is what had been filled in by then. */
export interface TestRunOutput {
  /** 0, or a positive errno. */
  readonly errno: number;
  /** The program's R0, unsigned 32 bits. */
  readonly retval: number;
  readonly dataOut?: Uint8Array;
  readonly ctxOut?: Uint8Array;
  /** data_size_out: the bytes that there are, whatever room there was for them; absent where the kernel does not say. */
  readonly dataSize?: number;
  /** ctx_size_out, likewise. */
  readonly ctxSize?: number;
}

/** The largest context that user space may pass, whatever the prog type makes of it. */
const MAX_UARG = 4096;

/** Runs that a request asks for. */
export function runsOf(input: TestRunInput): number {
  return Math.max(1, (input.repeat ?? 0) >>> 0);
}

/** Does the request set flags beyond `known`, or a CPU, or a batch size, which these prog types do not know? */
export function foreignOptions(input: TestRunInput, known = 0): boolean {
  return ((input.flags ?? 0) & ~known) !== 0 || Boolean(input.cpu) || Boolean(input.batchSize);
}

/** Does the request have room for a buffer that comes back? */
export function wantsOut(size: number | undefined): boolean {
  return size !== undefined && size !== 0;
}

/**
 * The context as the kernel copies it in: zero-extended to `size` bytes, longer ones must be zero behind that (E2BIG);
 * undefined where user space neither passes nor wants one.
 * @kernel bpf_ctx_init
 */
export function bpfCtxInit(input: TestRunInput, size: number): Uint8Array | number | undefined {
  const { ctx } = input;
  if (!ctx) return wantsOut(input.ctxOutSize) ? new Uint8Array(size) : undefined;
  if (ctx.length > MAX_UARG || ctx.subarray(size).some((b) => b !== 0)) return ERRNO.E2BIG;
  const copy = new Uint8Array(size);
  copy.set(ctx.subarray(0, size));
  return copy;
}

/**
 * The answer with the packet, cut to the room there is, which is ENOSPC.
 * @kernel bpf_test_finish
 */
export function bpfTestFinish(input: TestRunInput, data: Uint8Array, retval: number): TestRunOutput {
  const { outSize } = input;
  const dataSize = data.length;
  if (outSize === 0) return { errno: 0, retval, dataSize };
  if (outSize === undefined || dataSize <= outSize) return { errno: 0, retval, dataOut: data, dataSize };
  return { errno: ERRNO.ENOSPC, retval, dataOut: data.slice(0, outSize), dataSize };
}

/**
 * Adds the context to an answer without error, cut to its room, which is ENOSPC.
 * @kernel bpf_ctx_finish
 */
export function bpfCtxFinish(input: TestRunInput, output: TestRunOutput, ctx: Uint8Array | undefined): TestRunOutput {
  const { ctxOutSize } = input;
  if (output.errno !== 0 || !ctx || ctxOutSize === 0) return output;
  const ctxSize = ctx.length;
  if (ctxOutSize === undefined || ctxSize <= ctxOutSize) return { ...output, ctxOut: ctx, ctxSize };
  return { ...output, errno: ERRNO.ENOSPC, ctxOut: ctx.slice(0, ctxOutSize), ctxSize };
}
