/** The shape of a prog type's row. */

import type { AttachTypeName } from '../attachTypes.ts';

/** Smallest and largest value that R0 may hold at exit, both included, compared as signed 64-bit numbers. */
type RetvalRange = readonly [min: number, max: number];

/**
 * `any`: no check. `hook`: the range of the LSM hook (void hooks return nothing;
 * attached as lsm_cgroup they must return 1). `none`: programs of this kind do not load
 * (the verifier ends with ENOTSUPP).
 */
export type RetvalRule = RetvalRange | 'any' | 'hook' | 'none';

export interface ProgTypeRow {
  /** Number in enum bpf_prog_type. */
  readonly id: number;
  /** Name in enum bpf_prog_type. */
  readonly kernel: `BPF_PROG_TYPE_${string}`;
  readonly since: string;
  /** UAPI type of the context behind R1, `void *` where the attach target decides. */
  readonly ctx: string;
  /** Kernel struct that the context is a view of; the same as `ctx` where nothing is converted. */
  readonly kernelCtx: string;
  /** Attach types that programs of this type are attached with. */
  readonly attachTypes: readonly AttachTypeName[];
  /** BPF_PROG_LOAD refuses (EINVAL) an expected_attach_type that is not in `attachTypes`. */
  readonly attachTypeChecked: boolean;
  /** What R0 may be at exit: one rule, or one for each attach type and a default. */
  readonly returns:
    | RetvalRule
    | (Readonly<Partial<Record<AttachTypeName, RetvalRule>>> & { readonly default: RetvalRule });
  /** BPF_PROG_TEST_RUN exists; without it the answer is ENOTSUPP. */
  readonly testRun: boolean;
  /** Kernel option without which the type does not exist; the profile's kernel is built without those named here. */
  readonly config?: string;
}

export type ProgTypeTable = Readonly<Record<string, ProgTypeRow>>;
