/** Options of IPv4 and IPv6 sockets (SOL_IP, SOL_IPV6). */
import type { Arena } from '../../mem/arena.ts';
import { setSkMember, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { offsetOf } from '../../spec/layouts.ts';
import { EINVAL } from '../impl.ts';
import type { IntTable } from './row.ts';

const { IPV6_AUTOFLOWLABEL, IPV6_TCLASS, IP_TOS, SOCK_STREAM } = UAPI;

const ECN_MASK = 3;
/** Bits of inet_flags. */
const INET_FLAG = { autoflowlabelSet: 23, autoflowlabel: 24 } as const;
/** Priority by the four bits of the type of service. */
const TOS_PRIORITY = [0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4] as const;

const keepEcn = (arena: Arena, sk: number, value: number, old: number): number =>
  skMember(arena, sk, 'sock', 'sk_type') === SOCK_STREAM ? (value & ~ECN_MASK) | (old & ECN_MASK) : value;

/** Options of SOL_IP. */
export const IP_OPTIONS: IntTable = {
  [IP_TOS]: {
    get: (arena, sk) => skMember(arena, sk, 'inet_sock', 'tos'),
    /** @kernel __ip_sock_set_tos */
    set(arena, sk, value) {
      const old = skMember(arena, sk, 'inet_sock', 'tos');
      const tos = keepEcn(arena, sk, value, old);
      if (tos === old) return 0;
      setSkMember(arena, sk, 'inet_sock', 'tos', tos);
      setSkMember(arena, sk, 'sock', 'sk_priority', TOS_PRIORITY[(tos >> 1) & 15]!);
      return 0;
    },
  },
};

const PINET6 = offsetOf('inet_sock', 'pinet6');
const TCLASS = offsetOf('ipv6_pinfo', 'tclass');
const INET_FLAGS = offsetOf('inet_sock', 'inet_flags');

function setInetFlag(arena: Arena, sk: number, bit: number, on: boolean): void {
  const flags = arena.getU32(sk + INET_FLAGS);
  arena.setU32(sk + INET_FLAGS, on ? flags | (1 << bit) : flags & ~(1 << bit));
}

const inetFlag = (arena: Arena, sk: number, bit: number): boolean =>
  ((arena.getU32(sk + INET_FLAGS) >>> bit) & 1) !== 0;

/** Options of SOL_IPV6. */
export const IPV6_OPTIONS: IntTable = {
  [IPV6_TCLASS]: {
    get: (arena, sk) => arena.u8[arena.getU32(sk + PINET6) + TCLASS]!,
    set(arena, sk, value) {
      if (value < -1 || value > 0xff) return -EINVAL;
      const at = arena.getU32(sk + PINET6) + TCLASS;
      arena.setU8(at, keepEcn(arena, sk, value === -1 ? 0 : value, arena.u8[at]!));
      return 0;
    },
  },
  [IPV6_AUTOFLOWLABEL]: {
    // Without an own setting, net.ipv6.auto_flowlabels makes labels.
    get: (arena, sk) =>
      inetFlag(arena, sk, INET_FLAG.autoflowlabelSet) && !inetFlag(arena, sk, INET_FLAG.autoflowlabel) ? 0 : 1,
    set(arena, sk, value) {
      setInetFlag(arena, sk, INET_FLAG.autoflowlabel, value !== 0);
      setInetFlag(arena, sk, INET_FLAG.autoflowlabelSet, true);
      return 0;
    },
  },
};
