/** ICMP and ICMPv6: the common four bytes, what follows them by type, and the names of types. */

import { bits, ipv4Addr, ipv6Addr, protocol, uint, type Values } from './protocol.ts';

const ECHO = [uint('id', 4, 2), uint('seq', 6, 2)] as const;

/** `length` (RFC 4884) is the quoted datagram's in 4- or 8-byte units, 0 where nothing follows the quote. */
export const icmp = protocol({
  name: 'icmp',
  fields: [
    uint('type', 0, 1, { initial: 8 }),
    uint('code', 1, 1),
    uint('check', 2, 2, { auto: { is: 'check', over: 'message' }, hex: true }),
  ],
  variants: [
    { types: [0, 8, 13, 14, 15, 16, 17, 18], fields: ECHO },
    { types: [3], fields: [uint('unused', 4, 1), uint('length', 5, 1), uint('mtu', 6, 2)] },
    { types: [5], fields: [ipv4Addr('gateway', 4)] },
    { types: [11], fields: [uint('unused', 4, 1), uint('length', 5, 1), uint('unused2', 6, 2)] },
    { types: [12], fields: [uint('pointer', 4, 1), uint('length', 5, 1), uint('unused2', 6, 2)] },
    { types: [], fields: [uint('rest', 4, 4, { hex: true })] },
  ],
  next: (v) => (isIcmpError(v) ? 'ipv4' : undefined),
  quotes: isIcmpError,
});

function isIcmpError(v: Values): boolean {
  return [3, 4, 5, 11, 12].includes(v.type as number);
}

export const icmp6 = protocol({
  name: 'icmp6',
  fields: [
    uint('type', 0, 1, { initial: 128 }),
    uint('code', 1, 1),
    uint('check', 2, 2, { auto: { is: 'check', over: 'pseudo' }, hex: true }),
  ],
  variants: [
    { types: [128, 129], fields: ECHO },
    { types: [1, 3], fields: [uint('length', 4, 1), bits('unused', 5, 3, 0, 24)] },
    { types: [2], fields: [uint('mtu', 4, 4, { initial: 1280 })] },
    { types: [4], fields: [uint('pointer', 4, 4)] },
    {
      types: [134],
      fields: [
        uint('hop_limit', 4, 1, { initial: 64 }),
        uint('flags', 5, 1, { hex: true }),
        uint('lifetime', 6, 2),
        uint('reachable', 8, 4),
        uint('retrans', 12, 4),
      ],
    },
    { types: [135], fields: [uint('reserved', 4, 4), ipv6Addr('target', 8)] },
    {
      types: [136],
      fields: [uint('flags', 4, 1, { hex: true }), bits('reserved', 5, 3, 0, 24), ipv6Addr('target', 8)],
    },
    { types: [137], fields: [uint('reserved', 4, 4), ipv6Addr('target', 8), ipv6Addr('destination', 24)] },
    { types: [], fields: [uint('rest', 4, 4, { hex: true })] },
  ],
  next: (v) => (isIcmp6Error(v) ? 'ipv6' : undefined),
  quotes: isIcmp6Error,
});

function isIcmp6Error(v: Values): boolean {
  return [1, 2, 3, 4].includes(v.type as number);
}

/** IANA types in tcpdump's words, where it prints no more than a name. */
export const ICMP_TYPES: Readonly<Record<number, string>> = {
  0: 'echo reply',
  4: 'source quench',
  8: 'echo request',
  9: 'router advertisement',
  10: 'router solicitation',
  13: 'time stamp query',
  14: 'time stamp reply',
  15: 'information request',
  16: 'information reply',
  17: 'address mask request',
  18: 'address mask reply',
};

export const ICMP6_TYPES: Readonly<Record<number, string>> = {
  128: 'echo request',
  129: 'echo reply',
  130: 'multicast listener query',
  131: 'multicast listener report',
  132: 'multicast listener done',
  133: 'router solicitation',
  134: 'router advertisement',
  135: 'neighbor solicitation',
  136: 'neighbor advertisement',
  137: 'redirect',
  143: 'multicast listener report v2',
};
