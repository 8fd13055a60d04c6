/** The device port over the World. */
import type { DevicePort } from '../../helpers/ports/devices.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import type { KernelCore } from '../core.ts';

export function devicePort(kernel: KernelCore): DevicePort {
  return {
    exists: (ifindex) => deviceByIndex(kernel.world.net, ifindex) !== undefined,
    // The loopback takes the copy and, with nobody listening, drops it.
    cloneRedirect: () => 0,
    setRedirect: (redirect) => {
      kernel.world = { ...kernel.world, redirect };
    },
  };
}
