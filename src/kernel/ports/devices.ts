/** The device port over the World. */
import type { DevicePort } from '../../helpers/ports/devices.ts';
import { LOOPBACK_IFINDEX } from '../../net/netDevice.ts';
import type { KernelCore } from '../core.ts';

/** Only the loopback exists. */
export function devicePort(kernel: KernelCore): DevicePort {
  return {
    exists: (ifindex) => ifindex === LOOPBACK_IFINDEX,
    // The loopback takes the copy and, with nobody listening, drops it.
    cloneRedirect: () => 0,
    setRedirect: (redirect) => {
      kernel.world = { ...kernel.world, redirect };
    },
  };
}
