/** The shape of a SEC() name's row. */

import type { AttachTypeName } from '../attachTypes.ts';
import type { ProgTypeName } from '../progTypes.ts';

/** Attach types that the table names and Linux 6.12 does not have. */
type LaterAttachType =
  | 'trace_fentry_multi'
  | 'trace_fexit_multi'
  | 'trace_fsession'
  | 'trace_fsession_multi'
  | 'trace_uprobe_session';

/**
 * libbpf's sec_def_flags. `EXP_ATTACH_OPT` is in `ATTACHABLE_OPT`: kernels without expected_attach_type get none.
 * `ATTACH_BTF`: what follows the slash names the kernel function or hook. `SLEEPABLE`: load with BPF_F_SLEEPABLE.
 * `XDP_FRAGS`: load with BPF_F_XDP_HAS_FRAGS. `USDT`: attach type trace_uprobe_multi where the kernel has it.
 */
type SecFlag = 'ATTACHABLE' | 'ATTACHABLE_OPT' | 'ATTACH_BTF' | 'SLEEPABLE' | 'XDP_FRAGS' | 'USDT';

export interface SecNameRow {
  /** A trailing `+` stands for the name itself or the name and `/anything`; otherwise the name must be exactly this. */
  readonly sec: string;
  readonly progType: ProgTypeName;
  /** expected_attach_type; absent means 0. */
  readonly attachType?: AttachTypeName | LaterAttachType;
  readonly flags?: readonly SecFlag[];
  /** libbpf's function that attaches such a program by itself. */
  readonly attach?: string;
}
