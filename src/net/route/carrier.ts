import type { Device, NetNs } from './netns.ts';
import { deviceByIndex } from './netns.ts';

/** Does the link work? A veth needs its other end. @kernel netif_carrier_ok */
export function carrierOk(net: NetNs, device: Device): boolean {
  if (device.peer === undefined) return true;
  if (device.peerNs !== undefined) return device.up && (device.peerUp ?? false);
  return device.up && (deviceByIndex(net, device.peer)?.up ?? false);
}
