/** Routes as the helpers reach them. */
import type { NetNs } from '../../net/route/netns.ts';

export interface FibPort {
  /** The network namespace of the packet. */
  netns(): NetNs;
}
