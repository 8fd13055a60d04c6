/** What a node file can say: the tables of its records, which its reader and its JSON Schema share. */
import type { DeviceType } from '../../../net/route/netns.ts';
import { UAPI } from '../../../spec/constants.ts';
import { SCOPES } from '../setup/ipAddress.ts';
import { ROUTE_TYPES, TABLES } from '../setup/ipRoute.ts';
import { address, choice, destination, either, flag, integer, mac, markMask, text } from './kinds.ts';
import type { Shape } from './shape.ts';

const U32 = 0xffff_ffff;
const FAMILIES = choice({ inet: 'inet', inet6: 'inet6' } as const);
const DEVICE_TYPES = choice<DeviceType>({ ether: 'ether', dummy: 'dummy', veth: 'veth', loopback: 'loopback' });
const TABLE = either(choice(TABLES), integer(1, U32));

export const DEVICE = {
  name: text,
  type: DEVICE_TYPES,
  ifindex: integer(1, 0x7fff_ffff),
  mac,
  mtu: integer(0, 0x7fff_ffff),
  up: flag,
  peer: text,
  group: integer(0, U32),
  queues: integer(1, 4096),
} as const satisfies Shape;

export const ROUTE = {
  to: destination,
  family: FAMILIES,
  type: choice(ROUTE_TYPES),
  via: address,
  dev: text,
  table: TABLE,
  metric: integer(0, U32),
  src: address,
  mtu: integer(0, U32),
  mtu_lock: flag,
  scope: choice(SCOPES),
  tos: integer(0, 0xfc),
  onlink: flag,
} as const satisfies Shape;

export const RULE = {
  family: FAMILIES,
  pref: integer(0, U32),
  from: destination,
  to: destination,
  iif: text,
  oif: text,
  fwmark: markMask,
  tos: integer(0, 0xfc),
  table: TABLE,
  action: choice({
    blackhole: UAPI.FR_ACT_BLACKHOLE,
    unreachable: UAPI.FR_ACT_UNREACHABLE,
    prohibit: UAPI.FR_ACT_PROHIBIT,
  }),
  suppress_prefixlength: integer(0, 128),
  suppress_ifgroup: integer(0, U32),
} as const satisfies Shape;

export const NEIGHBOUR = {
  address,
  mac,
  dev: text,
  state: choice({
    permanent: UAPI.NUD_PERMANENT,
    noarp: UAPI.NUD_NOARP,
    reachable: UAPI.NUD_REACHABLE,
    stale: UAPI.NUD_STALE,
    delay: UAPI.NUD_DELAY,
    probe: UAPI.NUD_PROBE,
    failed: UAPI.NUD_FAILED,
    incomplete: UAPI.NUD_INCOMPLETE,
  }),
} as const satisfies Shape;

/** The keys of the file itself. */
export const TOP = ['bpflab', 'devices', 'routes', 'rules', 'neighbours', 'sysctls', 'setup', 'sockets'] as const;
