/** The parts of BPF_PROG_TEST_RUN that all prog types share: context buffers in, clamped buffers out. */
import { ERRNO } from '../../spec/errno.ts';

/** What user space passes; sizes in bytes. */
export interface TestRunInput {
  readonly data?: Uint8Array;
  readonly ctx?: Uint8Array;
  /** How often the program runs on the same packet; 0 counts as 1. */
  readonly repeat?: number;
  readonly flags?: number;
  /** Room for the packet afterwards; absent: as much as it needs. */
  readonly outSize?: number;
  readonly ctxOutSize?: number;
  readonly cpu?: number;
  readonly batchSize?: number;
}

/** What comes back. With an errno other than ENOSPC the rest is what had been filled in by then. */
export interface TestRunOutput {
  /** 0, or a positive errno. */
  readonly errno: number;
  /** The program's R0, unsigned 32 bits. */
  readonly retval: number;
  readonly dataOut?: Uint8Array;
  readonly ctxOut?: Uint8Array;
}

/**
 * The context as the kernel copies it in: zero-extended to `size` bytes; longer ones must be zero behind that.
 * @kernel bpf_ctx_init
 */
export function bpfCtxInit(ctx: Uint8Array | undefined, size: number): Uint8Array | number {
  const copy = new Uint8Array(size);
  if (!ctx) return copy;
  if (ctx.subarray(size).some((b) => b !== 0)) return ERRNO.E2BIG;
  copy.set(ctx.subarray(0, size));
  return copy;
}

/**
 * Copies a buffer out: cut to the room there is, which is ENOSPC.
 * @kernel bpf_test_finish, bpf_ctx_finish
 */
export function clampOut(bytes: Uint8Array, room: number | undefined): { bytes: Uint8Array; errno: number } {
  if (room === undefined || bytes.length <= room) return { bytes, errno: 0 };
  return { bytes: bytes.slice(0, room), errno: ERRNO.ENOSPC };
}
