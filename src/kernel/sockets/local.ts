/** Which addresses are the node's own. */
import { addressType } from '../../net/route/fib4.ts';
import { deviceByIndex, type InterfaceAddress, type NetNs } from '../../net/route/netns.ts';
import { sameAddress } from '../../net/route/prefix.ts';
import { UAPI } from '../../spec/constants.ts';
import type { NodeAddresses } from './bind.ts';

const { RTN_BROADCAST, RTN_LOCAL, RT_SCOPE_UNIVERSE } = UAPI;

/** IPv4 goes by the table `local`, which is one with `main` until rules are changed. @kernel inet_addr_type_table */
function isLocalV4(net: NetNs, address: Uint8Array): boolean {
  const type = addressType(net, address);
  return type === RTN_LOCAL || type === RTN_BROADCAST;
}

/** IPv6 goes by what the devices have, up or down. @kernel ipv6_chk_addr */
function isLocalV6(net: NetNs, address: Uint8Array, ifindex: number): boolean {
  return net.devices.some((d) => {
    const counts = (a: InterfaceAddress): boolean =>
      !a.tentative && (ifindex === 0 || ifindex === d.ifindex || a.scope === RT_SCOPE_UNIVERSE);
    return d.addresses.some((a) => sameAddress(a.address, address) && counts(a));
  });
}

export function nodeAddresses(net: NetNs): NodeAddresses {
  return {
    isLocal: (address, ifindex) => (address.length === 4 ? isLocalV4(net, address) : isLocalV6(net, address, ifindex)),
    hasDevice: (ifindex) => deviceByIndex(net, ifindex) !== undefined,
  };
}
