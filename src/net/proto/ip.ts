/** IPv4, IPv6 and the IPv6 extension headers. Names are those of struct iphdr and ipv6hdr, with `src` and `dst` for the addresses. */

import { bits, ipv4Addr, ipv6Addr, protocol, uint } from './protocol.ts';

const NEXT = { auto: { is: 'next', table: 'protocol' } } as const;

/** Only the first fragment begins with the header that the protocol number names. */
function unlessLaterFragment(
  values: Readonly<Record<string, unknown>>,
  byTable: string | undefined,
): string | undefined {
  return values.frag_off === 0 ? byTable : undefined;
}

/** RFC 791. `frag_off` counts 8-byte units, without the flags. */
export const ipv4 = protocol({
  name: 'ipv4',
  fields: [
    bits('version', 0, 1, 4, 4, { initial: 4, expect: 4 }),
    bits('ihl', 0, 1, 0, 4, { auto: { is: 'header', unit: 4, bias: 0 } }),
    uint('tos', 1, 1, { hex: true }),
    uint('tot_len', 2, 2, { auto: { is: 'total' } }),
    uint('id', 4, 2),
    bits('flags', 6, 2, 13, 3, { flagNames: ['MF', 'DF', 'evil'] }),
    bits('frag_off', 6, 2, 0, 13),
    uint('ttl', 8, 1, { initial: 64 }),
    uint('protocol', 9, 1, NEXT),
    uint('check', 10, 2, { auto: { is: 'check', over: 'header' }, hex: true }),
    ipv4Addr('src', 12, '10.0.0.1'),
    ipv4Addr('dst', 16, '10.0.0.2'),
  ],
  tail: { name: 'options', as: 'ipv4' },
  next: unlessLaterFragment,
});

/** RFC 8200. */
export const ipv6 = protocol({
  name: 'ipv6',
  fields: [
    bits('version', 0, 4, 28, 4, { initial: 6, expect: 6 }),
    bits('tclass', 0, 4, 20, 8, { hex: true }),
    bits('flow_lbl', 0, 4, 0, 20, { hex: true }),
    uint('payload_len', 4, 2, { auto: { is: 'payload' } }),
    uint('nexthdr', 6, 1, NEXT),
    uint('hop_limit', 7, 1, { initial: 64 }),
    ipv6Addr('src', 8, 'fd00::1'),
    ipv6Addr('dst', 24, 'fd00::2'),
  ],
});

/** `hdrlen` of most extension headers: 8-byte units beyond the first. */
const EXT_LENGTH = { auto: { is: 'header', unit: 8, bias: 8 } } as const;

/** `options` are kept as bytes: type, length, value each. */
export const hopopts = protocol({
  name: 'hopopts',
  fields: [uint('nexthdr', 0, 1, NEXT), uint('hdrlen', 1, 1, EXT_LENGTH)],
  tail: { name: 'options', as: 'bytes' },
});

export const dstopts = protocol({
  name: 'dstopts',
  fields: [uint('nexthdr', 0, 1, NEXT), uint('hdrlen', 1, 1, EXT_LENGTH)],
  tail: { name: 'options', as: 'bytes' },
});

/** Type 4 is the segment routing header (RFC 8754); `data` is all after `segleft`. */
export const routing = protocol({
  name: 'routing',
  fields: [uint('nexthdr', 0, 1, NEXT), uint('hdrlen', 1, 1, EXT_LENGTH), uint('type', 2, 1), uint('segleft', 3, 1)],
  tail: { name: 'data', as: 'bytes' },
});

export const fragment = protocol({
  name: 'fragment',
  fields: [
    uint('nexthdr', 0, 1, NEXT),
    uint('reserved', 1, 1),
    bits('frag_off', 2, 2, 3, 13),
    bits('reserved2', 2, 2, 1, 2),
    bits('more', 2, 2, 0, 1),
    uint('id', 4, 4, { hex: true }),
  ],
  next: unlessLaterFragment,
});

/** RFC 4302; its length is in 4-byte units, minus 2. */
export const ah = protocol({
  name: 'ah',
  fields: [
    uint('nexthdr', 0, 1, NEXT),
    uint('hdrlen', 1, 1, { auto: { is: 'header', unit: 4, bias: 8 } }),
    uint('reserved', 2, 2),
    uint('spi', 4, 4, { hex: true }),
    uint('seq', 8, 4),
  ],
  tail: { name: 'icv', as: 'bytes' },
});
