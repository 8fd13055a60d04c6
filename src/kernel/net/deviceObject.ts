/** The net_device objects of the node's devices: made when the first program needs them. */
import { allocDevice, fillDevice } from '../../net/netDevice.ts';
import { deviceByIndex, withDevice } from '../../net/route/netns.ts';
import type { KernelCore } from '../core.ts';

/** Address of the net_device of a device; 0 where there is no such device or no memory. */
export function deviceObject(kernel: KernelCore, ifindex: number): number {
  const device = deviceByIndex(kernel.world.net, ifindex);
  if (!device) return 0;
  if (device.object !== 0) return device.object;
  const made = allocDevice(kernel.arena);
  if (!made.ok) return 0;
  const object = made.value;
  fillDevice(kernel.arena, object, device);
  kernel.world = { ...kernel.world, net: withDevice(kernel.world.net, ifindex, (d) => ({ ...d, object })) };
  return object;
}
