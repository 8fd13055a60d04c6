/** Prefixes of addresses, and the kinds of IPv6 addresses. */

/** Do the first `bits` bits of two addresses agree? @kernel ipv6_prefix_equal */
export function prefixEqual(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = bits & 7;
  return rest === 0 || ((a[whole]! ^ b[whole]!) & (0xff00 >> rest) & 0xff) === 0;
}

export function sameAddress(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && prefixEqual(a, b, 8 * a.length);
}

/** How many leading bits two addresses share. @kernel ipv6_addr_diff */
export function commonPrefix(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const differ = a[i]! ^ b[i]!;
    if (differ !== 0) return 8 * i + Math.clz32(differ) - 24;
  }
  return 8 * a.length;
}

/** The address with all bits behind the prefix 0, or (`ones`) 1. */
export function network(address: Uint8Array, bits: number, ones = false): Uint8Array {
  return address.map((byte, i) => {
    const host = 0xff >> Math.min(8, Math.max(0, bits - 8 * i));
    return ones ? byte | host : byte & ~host;
  });
}

export function isZero(address: Uint8Array): boolean {
  return address.every((byte) => byte === 0);
}

/** Scopes of IPv6 addresses: how far they are valid. */
export const SCOPE6 = { host: 1, link: 2, site: 5, global: 14 } as const;

/** What an IPv6 address is. @kernel __ipv6_addr_type */
export interface Type6 {
  readonly kind: 'any' | 'loopback' | 'multicast' | 'linklocal' | 'sitelocal' | 'mapped' | 'compatible' | 'unicast';
  /** How far the address is valid, for the choice of a source address; see SCOPE6. */
  readonly scope: number;
}

export function type6(address: Uint8Array): Type6 {
  const first = (address[0]! << 8) | address[1]!;
  if (first >> 8 === 0xff) return { kind: 'multicast', scope: first & 15 };
  if ((first & 0xffc0) === 0xfe80) return { kind: 'linklocal', scope: SCOPE6.link };
  if ((first & 0xffc0) === 0xfec0) return { kind: 'sitelocal', scope: SCOPE6.site };
  const zeros = address.findIndex((byte) => byte !== 0);
  if (zeros < 0) return { kind: 'any', scope: 0 };
  if (zeros === 15 && address[15] === 1) return { kind: 'loopback', scope: SCOPE6.link };
  if (zeros >= 12) return { kind: 'compatible', scope: SCOPE6.global };
  if (zeros === 10 && address[10] === 0xff && address[11] === 0xff) return { kind: 'mapped', scope: SCOPE6.global };
  return { kind: 'unicast', scope: SCOPE6.global };
}

/** May a packet from or to it not be forwarded? @kernel rt6_need_strict */
export function needStrict6(address: Uint8Array): boolean {
  const { kind } = type6(address);
  return kind === 'multicast' || kind === 'linklocal' || kind === 'loopback';
}
