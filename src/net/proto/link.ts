/** Link layer rows: Ethernet II, VLAN tags (802.1Q, 802.1ad) and ARP for IPv4 over Ethernet. */

import { bits, ipv4Addr, mac, protocol, uint } from './protocol.ts';

const ETHERTYPE = { auto: { is: 'next', table: 'ethertype' }, hex: true } as const;

export const eth = protocol({
  name: 'eth',
  fields: [
    mac('dst', 0, '02:00:00:00:00:02'),
    mac('src', 6, '02:00:00:00:00:01'),
    uint('type', 12, 2, ETHERTYPE), // below 0x600 it is an 802.3 length
  ],
});

/** One tag: what follows the ethertype 0x8100 (or 0x88a8 for the outer of two). */
export const vlan = protocol({
  name: 'vlan',
  fields: [
    bits('pcp', 0, 2, 13, 3),
    bits('dei', 0, 2, 12, 1),
    bits('vid', 0, 2, 0, 12, { initial: 1 }),
    uint('type', 2, 2, ETHERTYPE),
  ],
});

export const arp = protocol({
  name: 'arp',
  fields: [
    uint('hrd', 0, 2, { initial: 1, expect: 1 }),
    uint('pro', 2, 2, { initial: 0x0800, expect: 0x0800, hex: true }),
    uint('hln', 4, 1, { initial: 6, expect: 6 }),
    uint('pln', 5, 1, { initial: 4, expect: 4 }),
    uint('op', 6, 2, { initial: 1 }),
    mac('sha', 8, '02:00:00:00:00:01'),
    ipv4Addr('spa', 14, '10.0.0.1'),
    mac('tha', 18),
    ipv4Addr('tpa', 24, '10.0.0.2'),
  ],
});
