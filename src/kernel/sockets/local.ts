/** Which addresses are the node's own. */
import { deviceByIndex, type InterfaceAddress, type NetNs, type Route } from '../../net/route/netns.ts';
import { prefixEqual, sameAddress } from '../../net/route/prefix.ts';
import { UAPI } from '../../spec/constants.ts';
import type { NodeAddresses } from './bind.ts';

const { RTN_BROADCAST, RTN_LOCAL, RT_SCOPE_UNIVERSE, RT_TABLE_LOCAL } = UAPI;

const covers = (address: Uint8Array, route: Route): boolean =>
  route.table === RT_TABLE_LOCAL && prefixEqual(address, route.dst, route.prefix);

/** IPv4 goes by the table `local`. @kernel inet_addr_type_table */
function isLocalV4(net: NetNs, address: Uint8Array): boolean {
  const route = net.inet.routes.find((r) => covers(address, r));
  return route !== undefined && (route.type === RTN_LOCAL || route.type === RTN_BROADCAST);
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
