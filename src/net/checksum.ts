/**
 * Checksum arithmetic: the internet checksum (RFC 1071), its pseudo headers (RFC 9293, RFC 8200)
 * and CRC32c (RFC 9260, appendix A).
 *
 * Sums are plain numbers in network order; a partial sum may be handed on as `seed`.
 */
import { swap32 } from '../util/bits.ts';

/**
 * Ones'-complement sum of `bytes[from..to)` as big-endian 16-bit words (an odd last byte is the high half
 * of a word), added to `seed` and folded to 16 bits.
 */
export function onesSum(bytes: Uint8Array, from = 0, to = bytes.length, seed = 0): number {
  let sum = seed;
  let i = from;
  // Folding early keeps the sum an exact integer for any length.
  for (; i + 1 < to; i += 2) {
    sum += (bytes[i]! << 8) | bytes[i + 1]!;
    if (sum > 0x7fff_ffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  }
  if (i < to) sum += bytes[i]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** The internet checksum of `bytes[from..to)`: the complement of {@link onesSum}. */
export function internetChecksum(bytes: Uint8Array, from = 0, to = bytes.length, seed = 0): number {
  return ~onesSum(bytes, from, to, seed) & 0xffff;
}

/**
 * Sum of the pseudo header that TCP, UDP and ICMPv6 checksums include: both addresses (4 or 16 bytes each),
 * the protocol number and the length of the transport header with its data.
 */
export function pseudoHeaderSum(src: Uint8Array, dst: Uint8Array, protocol: number, length: number): number {
  return onesSum(dst, 0, dst.length, onesSum(src) + protocol + (length >>> 16) + (length & 0xffff));
}

/** Reflected Castagnoli polynomial, one entry for each byte. */
const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c;
});

/** Feeds `bytes[from..to)` to a running CRC32c register that began as 0xffffffff. */
function crcFeed(crc: number, bytes: Uint8Array, from: number, to: number): number {
  let c = crc;
  for (let i = from; i < to; i++) c = CRC32C_TABLE[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return c;
}

/** CRC32c of `bytes[from..to)` (unsigned): `123456789` gives 0xe3069283. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  return ~crcFeed(0xffff_ffff, bytes, from, to) >>> 0;
}

/**
 * SCTP's checksum of the packet in `bytes[from..to)`: CRC32c with the checksum field taken as zero, as the
 * number that the field's four bytes are when read big-endian (the CRC goes on the wire low byte first).
 */
export function sctpChecksum(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let c = crcFeed(0xffff_ffff, bytes, from, Math.min(to, from + 8));
  c = crcFeed(c, new Uint8Array(4), 0, Math.max(0, Math.min(to, from + 12) - from - 8));
  c = ~crcFeed(c, bytes, Math.min(to, from + 12), to);
  return swap32(c) >>> 0;
}
