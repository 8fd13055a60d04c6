/** Routes, rules, neighbours and devices as rtnetlink numbers them. */

import type { ConstantGroup } from './row.ts';

export const routeConstants = [
  {
    header: 'linux/rtnetlink.h',
    values: {
      RTN_UNSPEC: 0,
      RTN_UNICAST: 1,
      RTN_LOCAL: 2,
      RTN_BROADCAST: 3,
      RTN_ANYCAST: 4,
      RTN_MULTICAST: 5,
      RTN_BLACKHOLE: 6,
      RTN_UNREACHABLE: 7,
      RTN_PROHIBIT: 8,
      RTN_THROW: 9,
      RT_SCOPE_UNIVERSE: 0,
      RT_SCOPE_SITE: 200,
      RT_SCOPE_LINK: 253,
      RT_SCOPE_HOST: 254,
      RT_SCOPE_NOWHERE: 255,
      RT_TABLE_UNSPEC: 0,
      RT_TABLE_COMPAT: 252,
      RT_TABLE_DEFAULT: 253,
      RT_TABLE_MAIN: 254,
      RT_TABLE_LOCAL: 255,
    },
  },
  {
    header: 'linux/fib_rules.h',
    values: {
      FR_ACT_TO_TBL: 1,
      FR_ACT_GOTO: 2,
      FR_ACT_NOP: 3,
      FR_ACT_BLACKHOLE: 6,
      FR_ACT_UNREACHABLE: 7,
      FR_ACT_PROHIBIT: 8,
    },
  },
  {
    header: 'linux/neighbour.h',
    values: {
      NUD_INCOMPLETE: 1,
      NUD_REACHABLE: 2,
      NUD_STALE: 4,
      NUD_DELAY: 8,
      NUD_PROBE: 16,
      NUD_FAILED: 32,
      NUD_NOARP: 64,
      NUD_PERMANENT: 128,
    },
  },
  {
    header: 'linux/if.h',
    values: {
      IFF_UP: 1,
      IFF_BROADCAST: 2,
      IFF_LOOPBACK: 8,
      IFF_POINTOPOINT: 16,
      IFF_RUNNING: 64,
      IFF_NOARP: 128,
      IFF_MULTICAST: 0x1000,
      IFF_LOWER_UP: 0x10000,
    },
  },
] as const satisfies readonly ConstantGroup[];
