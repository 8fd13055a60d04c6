/**
 * Addresses as text and as bytes in network order: IPv4, IPv6 (RFC 4291 in, RFC 5952 out) and MAC.
 * Parsers take exactly what inet_pton(3) takes and answer undefined to anything else.
 */
import { toHex } from '../util/hex.ts';

/** `10.0.0.1` to 4 bytes. Four decimal numbers up to 255 without leading zeros, else undefined. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.length <= 15 ? text.split('.') : [];
  if (parts.length !== 4) return undefined;
  const out = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!;
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    out[i] = Number(part);
  }
  return out;
}

/** Four bytes from `at` on as `10.0.0.1`. */
export function formatIpv4(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** The 16-bit groups of a piece of IPv6 text without `::`; a dotted IPv4 address may be its end. */
function groupsOf(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const dotted = mayEndDotted && i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (!dotted) return undefined;
    groups.push((dotted[0]! << 8) | dotted[1]!, (dotted[2]! << 8) | dotted[3]!);
  }
  return groups;
}

/** `fe80::1`, `::ffff:10.0.0.1`, … to 16 bytes; undefined when malformed. No zone, no prefix length. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!, halves.length === 1);
  const rest = halves.length === 2 ? groupsOf(halves[1]!, true) : [];
  if (!head || !rest) return undefined;
  const zeros = 8 - head.length - rest.length;
  if (halves.length === 1 ? zeros !== 0 : zeros < 1) return undefined;
  const groups = [...head, ...new Array<number>(zeros).fill(0), ...rest];
  const out = new Uint8Array(16);
  for (let i = 0; i < 8; i++) {
    out[2 * i] = groups[i]! >> 8;
    out[2 * i + 1] = groups[i]! & 0xff;
  }
  return out;
}

/** Sixteen bytes from `at` on in RFC 5952's canonical form; IPv4-mapped addresses end dotted. */
export function formatIpv6(bytes: Uint8Array, at = 0): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[at + 2 * i]! << 8) | bytes[at + 2 * i + 1]!);
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff) return `::ffff:${formatIpv4(bytes, at + 12)}`;
  let bestStart = -1;
  let bestLength = 1; // a single zero group is not shortened
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLength) {
      bestStart = i;
      bestLength = n;
    }
    i += n;
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(':');
  return bestStart < 0 ? text(0, 8) : `${text(0, bestStart)}::${text(bestStart + bestLength, 8)}`;
}

/** `02:00:00:00:00:01` (or with `-`) to 6 bytes; undefined when malformed. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-fA-F]{2}([:-])[0-9a-fA-F]{2}(\1[0-9a-fA-F]{2}){4}$/.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/), (pair) => Number.parseInt(pair, 16));
}

/** Six bytes from `at` on as `02:00:00:00:00:01`. */
export function formatMac(bytes: Uint8Array, at = 0): string {
  return toHex(bytes.subarray(at, at + 6), ':');
}
