/** What a node file can say: the tables of its records, which its reader, its JSON Schema and its documents share. */
import type { DeviceType } from '../../../net/route/netns.ts';
import { UAPI } from '../../../spec/constants.ts';
import { SCOPES } from '../setup/ipAddress.ts';
import { ROUTE_TYPES, TABLES } from '../setup/ipRoute.ts';
import {
  address,
  address4,
  choice,
  destination,
  either,
  flag,
  integer,
  interfaceAddress,
  mac,
  markMask,
  says,
  sysctlValue,
  text,
} from './kinds.ts';
import { list, mapping, record } from './parts.ts';
import type { Shape } from './shape.ts';

const U32 = 0xffff_ffff;
const FAMILIES = choice({ inet: 'inet', inet6: 'inet6' } as const);
const DEVICE_TYPES = choice<DeviceType>({
  ether: 'ether',
  dummy: 'dummy',
  veth: 'veth',
  ipip: 'ipip',
  loopback: 'loopback',
});
const TABLE = either(choice(TABLES), integer(1, U32));
const TOS = integer(0, 0xfc);

/** The most that a namespace of a node can have of each. */
export const MOST = {
  devices: 1024,
  addresses: 64,
  routes: 2048,
  rules: 1024,
  neighbours: 4096,
  sysctls: 1024,
  setup: 1024,
  sockets: 4096,
} as const;

export const DEVICE = {
  name: says(text, 'Name of the device: up to 15 characters.'),
  type: says(
    DEVICE_TYPES,
    'What it is; `ether` leads out of the node, `ipip` is a tunnel.',
    '`veth` where `peer` is given, else `ether`',
  ),
  ifindex: says(integer(1, 0x7fff_ffff), 'Its index.', 'counted from 2 in the order of the file'),
  mac: says(mac, 'Its link layer address.', 'made of the number of the namespace and the ifindex'),
  mtu: says(integer(0, 0x7fff_ffff), 'The largest packet without its link layer header, in bytes.', '1500'),
  up: says(flag, 'Whether it is switched on.', 'true'),
  peer: says(
    text,
    'The other end of a veth pair, which may have an entry of its own. In scenarios it may be in another namespace: `NETNS/DEV`.',
  ),
  local: says(address4, 'Of an `ipip` tunnel: its own address in the outer header.', 'the one of the way there'),
  remote: says(address4, 'Of an `ipip` tunnel: where the outer header leads.', 'nowhere: it only receives'),
  group: says(integer(0, U32), 'Group of the device, for `suppress_ifgroup` of rules.', '0'),
  queues: says(integer(1, 4096), 'Number of receive queues.', '1'),
  addresses: says(list(interfaceAddress, MOST.addresses), 'Its addresses with their prefix lengths.', 'none'),
} as const satisfies Shape;

/** Only tunnels have ends. */
const OF_TUNNELS = { required: ['type'], properties: { type: { const: 'ipip' } } };
const DEVICE_ALSO = { dependentSchemas: { local: OF_TUNNELS, remote: OF_TUNNELS } };

export const ROUTE = {
  to: says(destination, 'Where it leads: a prefix, an address or `default`.'),
  family: says(FAMILIES, 'For a `default` without addresses.', '`inet`'),
  type: says(choice(ROUTE_TYPES), 'Type of the route.', '`unicast`'),
  via: says(address, 'The gateway.'),
  dev: says(text, 'The device that it leaves through.', 'the one on whose link the gateway is'),
  table: says(TABLE, 'The table that holds it.', '`main`'),
  metric: says(integer(0, U32), 'The lowest counts.', '0; IPv6: 1024'),
  src: says(address, 'The source address that it prefers.'),
  mtu: says(integer(0, U32), 'MTU of the path.'),
  mtu_lock: says(flag, 'The MTU stands whatever path MTU discovery finds.', 'false'),
  scope: says(choice(SCOPES), 'Scope of the destination.', 'follows from the type and the gateway'),
  tos: says(TOS, 'Only for packets with this type of service.', 'any'),
  onlink: says(flag, 'The gateway is on the link even if no address says so.', 'false'),
} as const satisfies Shape;

export const RULE = {
  family: says(FAMILIES, 'For a rule without addresses.', '`inet`'),
  pref: says(integer(0, U32), 'Its place: the lowest is asked first.', 'before those that are there'),
  from: says(destination, 'Source addresses that it is for.', 'all'),
  to: says(destination, 'Destinations that it is for.', 'all'),
  iif: says(text, 'The device that packets came in at.', 'any'),
  oif: says(text, 'The device that a socket is bound to.', 'any'),
  fwmark: says(markMask, 'The mark, with a mask if you like.', 'any'),
  tos: says(TOS, 'Type of service.', 'any'),
  table: says(TABLE, 'The table that it sends to.', '`main`'),
  action: says(
    choice({
      blackhole: UAPI.FR_ACT_BLACKHOLE,
      unreachable: UAPI.FR_ACT_UNREACHABLE,
      prohibit: UAPI.FR_ACT_PROHIBIT,
    }),
    'What it does instead of asking a table.',
  ),
  suppress_prefixlength: says(integer(0, 128), 'Routes with a prefix of at most so many bits do not count.'),
  suppress_ifgroup: says(integer(0, U32), 'Routes through devices of this group do not count.'),
} as const satisfies Shape;

export const NEIGHBOUR = {
  address: says(address, 'Its address.'),
  mac: says(mac, 'Its link layer address.'),
  dev: says(text, 'The device on whose link it is.'),
  state: says(
    choice({
      permanent: UAPI.NUD_PERMANENT,
      noarp: UAPI.NUD_NOARP,
      reachable: UAPI.NUD_REACHABLE,
      stale: UAPI.NUD_STALE,
      delay: UAPI.NUD_DELAY,
      probe: UAPI.NUD_PROBE,
      failed: UAPI.NUD_FAILED,
      incomplete: UAPI.NUD_INCOMPLETE,
    }),
    'State of the entry.',
    '`permanent`',
  ),
} as const satisfies Shape;

export const ROUTE_NEEDS = ['to'] as const;
export const NEIGHBOUR_NEEDS = ['address', 'mac', 'dev'] as const;

/** What a namespace is made of, but for its sockets. */
export const NAMESPACE = {
  devices: says(
    list(record('device', 'A network device.', DEVICE, ['name'], { also: DEVICE_ALSO }), MOST.devices),
    'Network devices; the loopback `lo` is there.',
    'none',
  ),
  routes: says(list(record('route', 'A route.', ROUTE, ROUTE_NEEDS), MOST.routes), 'Routes.', 'those of addresses'),
  rules: says(
    list(record('rule', 'A rule of `ip rule`.', RULE), MOST.rules),
    'Rules of policy routing.',
    "the kernel's",
  ),
  neighbours: says(
    list(record('neighbour', 'An entry of the ARP or NDP table.', NEIGHBOUR, NEIGHBOUR_NEEDS), MOST.neighbours),
    'Neighbours that are known.',
    'none',
  ),
  sysctls: says(
    mapping({ pattern: '^', wanted: 'names', word: 'name' }, sysctlValue, MOST.sysctls),
    'Settings below `net.`, as `net.ipv4.ip_forward: 1`.',
    "the kernel's",
  ),
  setup: says(list(text, MOST.setup), 'Command lines (`ip`, `neigh`, `sysctl`, …) that are run last.', 'none'),
} as const satisfies Shape;
