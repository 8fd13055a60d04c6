/** The routing port over the World. */
import type { FibPort } from '../../helpers/ports/fib.ts';
import { UAPI } from '../../spec/constants.ts';

/** Only the loopback exists, and it forwards nothing. */
export function fibPort(): FibPort {
  return { lookup: () => UAPI.BPF_FIB_LKUP_RET_FWD_DISABLED };
}
