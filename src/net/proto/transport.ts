/** TCP, UDP and SCTP. Names are those of struct tcphdr, udphdr and sctphdr, with `sport` and `dport` for the ports. */

import { bits, protocol, uint } from './protocol.ts';

/** RFC 9293. `flags` are the eight of byte 13, lowest first, as tcpdump writes them. */
export const tcp = protocol({
  name: 'tcp',
  fields: [
    uint('sport', 0, 2, { initial: 40000 }),
    uint('dport', 2, 2, { initial: 80 }),
    uint('seq', 4, 4),
    uint('ack_seq', 8, 4),
    bits('doff', 12, 1, 4, 4, { auto: { is: 'header', unit: 4, bias: 0 } }),
    bits('res1', 12, 1, 0, 4),
    uint('flags', 13, 1, { initial: 'S', flagNames: ['F', 'S', 'R', 'P', '.', 'U', 'E', 'W'], flagJoin: '' }),
    uint('window', 14, 2, { initial: 64240 }),
    uint('check', 16, 2, { auto: { is: 'check', over: 'pseudo' }, hex: true }),
    uint('urg_ptr', 18, 2),
  ],
  tail: { name: 'options', as: 'tcp' },
});

export const udp = protocol({
  name: 'udp',
  fields: [
    uint('sport', 0, 2, { initial: 40000 }),
    uint('dport', 2, 2, { initial: 53 }),
    uint('len', 4, 2, { auto: { is: 'total' } }),
    uint('check', 6, 2, { auto: { is: 'check', over: 'pseudo' }, hex: true }),
  ],
});

/** RFC 9260: the common header; `check` is the CRC32c as it stands on the wire, read as a big-endian number. */
export const sctp = protocol({
  name: 'sctp',
  fields: [
    uint('sport', 0, 2, { initial: 40000 }),
    uint('dport', 2, 2, { initial: 5000 }),
    uint('vtag', 4, 4, { hex: true }),
    uint('check', 8, 4, { auto: { is: 'check', over: 'crc32c' }, hex: true }),
  ],
  next: () => 'sctp_chunk',
});

/** One chunk; `body` as read includes the padding to a multiple of four bytes that `length` leaves out. */
export const sctpChunk = protocol({
  name: 'sctp_chunk',
  fields: [
    uint('type', 0, 1),
    uint('flags', 1, 1, { hex: true }),
    uint('length', 2, 2, { auto: { is: 'header', unit: 1, bias: 0, align: 4 } }),
  ],
  tail: { name: 'body', as: 'bytes' },
  next: () => 'sctp_chunk',
});

/** Chunk types as tcpdump names them. */
export const SCTP_CHUNKS: Readonly<Record<number, string>> = {
  0: 'DATA',
  1: 'INIT',
  2: 'INIT ACK',
  3: 'SACK',
  4: 'HB REQ',
  5: 'HB ACK',
  6: 'ABORT',
  7: 'SHUTDOWN',
  8: 'SHUTDOWN ACK',
  9: 'OP ERR',
  10: 'COOKIE ECHO',
  11: 'COOKIE ACK',
  12: 'ECN ECHO',
  13: 'CWR',
  14: 'SHUTDOWN COMPLETE',
};
