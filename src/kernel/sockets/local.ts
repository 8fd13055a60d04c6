/** Which addresses are the node's own. */
import type { NetNs, Route } from '../../net/route/netns.ts';
import { prefixEqual, sameAddress } from '../../net/route/prefix.ts';
import { UAPI } from '../../spec/constants.ts';

const { RTN_BROADCAST, RTN_LOCAL, RT_TABLE_LOCAL } = UAPI;

const covers = (address: Uint8Array, route: Route): boolean =>
  route.table === RT_TABLE_LOCAL && prefixEqual(address, route.dst, route.prefix);

/** May a socket have it? IPv4 goes by the table `local`, IPv6 by the devices' addresses. @kernel inet_addr_type_table, ipv6_chk_addr */
export function isLocalAddress(net: NetNs, address: Uint8Array): boolean {
  if (address.length === 16) {
    return net.devices.some((d) => d.up && d.addresses.some((a) => sameAddress(a.address, address)));
  }
  const route = net.inet.routes.find((r) => covers(address, r));
  return route !== undefined && (route.type === RTN_LOCAL || route.type === RTN_BROADCAST);
}
