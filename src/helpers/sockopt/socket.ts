/** Options of all sockets (SOL_SOCKET). */
import type { Arena } from '../../mem/arena.ts';
import { SOCK_FLAG, setSkMember, setSkMember64, setSockFlag, skMember, sockFlag } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import { EINVAL } from '../impl.ts';
import { type IntOption, type IntTable, isTcp } from './row.ts';

const INT_MAX = 0x7fffffff;
/** net.core.wmem_max and rmem_max. */
const BUFFER_MAX = 212992;
const MIN_SNDBUF = 4608;
const MIN_RCVBUF = 2304;
/** net.ipv4.tcp_rmem, the largest of the three. */
const TCP_RMEM_MAX = 6291456;
const LOCK = { sndbuf: 1, rcvbuf: 2 } as const;

const lock = (arena: Arena, sk: number, bit: number): void => {
  setSkMember(arena, sk, 'sock', 'sk_userlocks', skMember(arena, sk, 'sock', 'sk_userlocks') | bit);
};

/** Twice what was asked for, for the kernel's own use. */
function buffer(name: 'sk_sndbuf' | 'sk_rcvbuf', bit: number, least: number): IntOption {
  return {
    get: (arena, sk) => skMember(arena, sk, 'sock', name),
    set(arena, sk, value) {
      lock(arena, sk, bit);
      setSkMember(arena, sk, 'sock', name, Math.max(2 * Math.min(value >>> 0, BUFFER_MAX), least));
      return 0;
    },
  };
}

/** A member that holds the value as it is. */
function plain(name: 'sk_mark' | 'sk_priority', range: (value: number) => boolean = () => true): IntOption {
  return {
    get: (arena, sk) => skMember(arena, sk, 'sock', name),
    set(arena, sk, value) {
      if (!range(value)) return -EINVAL;
      setSkMember(arena, sk, 'sock', name, value);
      return 0;
    },
  };
}

/** @kernel tcp_set_rcvlowat */
function setRcvlowat(arena: Arena, sk: number, value: number): number {
  const wanted = value < 0 ? INT_MAX : value;
  if (!isTcp(arena, sk)) {
    setSkMember(arena, sk, 'sock', 'sk_rcvlowat', wanted || 1);
    return 0;
  }
  const locked = (skMember(arena, sk, 'sock', 'sk_userlocks') & LOCK.rcvbuf) !== 0;
  const room = locked ? skMember(arena, sk, 'sock', 'sk_rcvbuf') : TCP_RMEM_MAX;
  const low = Math.min(wanted, room >> 1);
  setSkMember(arena, sk, 'sock', 'sk_rcvlowat', low || 1);
  if (locked) return 0;
  const ratio = skMember(arena, sk, 'tcp_sock', 'scaling_ratio') || 1;
  const space = Math.floor((low * 256) / ratio);
  if (space <= skMember(arena, sk, 'sock', 'sk_rcvbuf')) return 0;
  setSkMember(arena, sk, 'sock', 'sk_rcvbuf', space);
  const clamp = skMember(arena, sk, 'tcp_sock', 'window_clamp');
  if (clamp !== 0 && clamp < low) setSkMember(arena, sk, 'tcp_sock', 'window_clamp', low);
  return 0;
}

const RATE = LAYOUTS.sock.members;

/** Bytes per second; all ones is no limit. */
function setMaxPacingRate(arena: Arena, sk: number, value: number): number {
  const unlimited = value === -1;
  if (!unlimited && skMember(arena, sk, 'sock', 'sk_pacing_status') === 0) {
    setSkMember(arena, sk, 'sock', 'sk_pacing_status', 1);
  }
  setSkMember64(arena, sk, 'sock', 'sk_max_pacing_rate', value, unlimited ? -1 : 0);
  const at = sk + RATE.sk_pacing_rate[0];
  const lower = !unlimited && (arena.getU32(at + 4) !== 0 || arena.getU32(at) > value >>> 0);
  if (lower) setSkMember64(arena, sk, 'sock', 'sk_pacing_rate', value, 0);
  return 0;
}

/** Options of SOL_SOCKET. */
export const SOCKET_OPTIONS: IntTable = {
  [UAPI.SO_REUSEADDR]: {
    get: (arena, sk) => skMember(arena, sk, 'sock_common', 'skc_reuse'),
    set(arena, sk, value) {
      setSkMember(arena, sk, 'sock_common', 'skc_reuse', value !== 0 ? 1 : 0);
      return 0;
    },
  },
  [UAPI.SO_REUSEPORT]: {
    get: (arena, sk) => skMember(arena, sk, 'sock_common', 'skc_reuseport'),
    set(arena, sk, value) {
      setSkMember(arena, sk, 'sock_common', 'skc_reuseport', value !== 0 ? 1 : 0);
      return 0;
    },
  },
  [UAPI.SO_SNDBUF]: buffer('sk_sndbuf', LOCK.sndbuf, MIN_SNDBUF),
  [UAPI.SO_RCVBUF]: buffer('sk_rcvbuf', LOCK.rcvbuf, MIN_RCVBUF),
  [UAPI.SO_KEEPALIVE]: {
    get: (arena, sk) => (sockFlag(arena, sk, SOCK_FLAG.keepOpen) ? 1 : 0),
    set(arena, sk, value) {
      setSockFlag(arena, sk, SOCK_FLAG.keepOpen, value !== 0);
      return 0;
    },
  },
  [UAPI.SO_PRIORITY]: plain('sk_priority'),
  [UAPI.SO_MARK]: plain('sk_mark'),
  [UAPI.SO_RCVLOWAT]: { get: (arena, sk) => skMember(arena, sk, 'sock', 'sk_rcvlowat'), set: setRcvlowat },
  [UAPI.SO_MAX_PACING_RATE]: {
    get: (arena, sk) =>
      arena.getU32(sk + RATE.sk_max_pacing_rate[0] + 4) !== 0 ? -1 : skMember(arena, sk, 'sock', 'sk_max_pacing_rate'),
    set: setMaxPacingRate,
  },
  [UAPI.SO_BINDTOIFINDEX]: {
    get: (arena, sk) => skMember(arena, sk, 'sock_common', 'skc_bound_dev_if'),
    set(arena, sk, value) {
      if (value < 0) return -EINVAL;
      setSkMember(arena, sk, 'sock_common', 'skc_bound_dev_if', value);
      return 0;
    },
  },
  [UAPI.SO_TXREHASH]: {
    get: (arena, sk) => skMember(arena, sk, 'sock', 'sk_txrehash'),
    set(arena, sk, value) {
      if (value < -1 || value > 1) return -EINVAL;
      // net.core.txrehash is what -1 stands for.
      setSkMember(arena, sk, 'sock', 'sk_txrehash', value === -1 ? 1 : value);
      return 0;
    },
  },
};
