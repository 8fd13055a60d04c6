import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/mem/arena.ts';
import { siphash } from '../../src/net/siphash.ts';
import { allocSkb, pskbExpandHead, setSkbField, skbField, skbHeadroom, skbSetHeader } from '../../src/net/skb.ts';
import { skbClearHash, skbGetHash } from '../../src/net/skbHash.ts';

const KEY = [1, 2, 3, 4] as const;

function skbOf(arena: Arena, bytes: Uint8Array, protocol: number): number {
  const made = allocSkb(arena, { headroom: 64, size: bytes.length, tailroom: 0 });
  if (!made.ok) throw new Error('no memory');
  arena.put(skbField(arena, made.value, 'data'), bytes);
  skbSetHeader(arena, made.value, 'network_header');
  setSkbField(arena, made.value, 'protocol', protocol);
  return made.value;
}

function udp4(src: readonly number[], dst: readonly number[], sport: number, dport: number): Uint8Array {
  const ports = [sport >> 8, sport & 0xff, dport >> 8, dport & 0xff];
  return Uint8Array.of(0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, ...src, ...dst, ...ports, 0, 8, 0, 0);
}

const address = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
const port = fc.integer({ min: 1, max: 65535 });

describe('siphash', () => {
  it('gives the reference answers', () => {
    // Key 00 01 … 0f, input 00 01 … of growing length: the vectors that come with the paper.
    const key = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c] as const;
    const input = Uint8Array.from({ length: 15 }, (_, i) => i);
    const word = ([lo, hi]: readonly [number, number]): string =>
      (hi >>> 0).toString(16).padStart(8, '0') + (lo >>> 0).toString(16).padStart(8, '0');
    expect(word(siphash(new Uint8Array(), key))).toBe('726fdb47dd0e0e31');
    expect(word(siphash(input.subarray(0, 8), key))).toBe('93f5f5799a932462');
    expect(word(siphash(input, key))).toBe('a129ca6149be45e5');
  });
});

describe('the flow hash', () => {
  it('is the same in both directions', () => {
    const arena = new Arena();
    fc.assert(
      fc.property(address, address, port, port, (a, b, p, q) => {
        const there = skbGetHash(arena, skbOf(arena, udp4(a, b, p, q), 0x0008), KEY);
        const back = skbGetHash(arena, skbOf(arena, udp4(b, a, q, p), 0x0008), KEY);
        expect(back).toBe(there);
      }),
      { numRuns: 50 },
    );
  });

  it('is kept until it is cleared, and depends on the seed and the ports', () => {
    const arena = new Arena();
    const skb = skbOf(arena, udp4([10, 0, 0, 1], [10, 0, 0, 2], 1000, 53), 0x0008);
    const hash = skbGetHash(arena, skb, KEY);
    expect(skbField(arena, skb, 'l4_hash')).toBe(1);
    expect(skbGetHash(arena, skb, [9, 9, 9, 9])).toBe(hash);
    skbClearHash(arena, skb);
    expect(skbGetHash(arena, skb, [9, 9, 9, 9])).not.toBe(hash);
    const other = skbOf(arena, udp4([10, 0, 0, 1], [10, 0, 0, 2], 1001, 53), 0x0008);
    expect(skbGetHash(arena, other, KEY)).not.toBe(hash);
  });

  it('leaves the ports of fragments out', () => {
    const arena = new Arena();
    const hashes = [1000, 2000].map((sport) => {
      const bytes = udp4([10, 0, 0, 1], [10, 0, 0, 2], sport, 53);
      bytes[6] = 0x20;
      return skbGetHash(arena, skbOf(arena, bytes, 0x0008), KEY);
    });
    expect(hashes[0]).toBe(hashes[1]);
  });
});

describe('pskb_expand_head', () => {
  it('moves bytes, headers and the program window with the buffer', () => {
    const arena = new Arena({ growAlways: true });
    const bytes = udp4([1, 2, 3, 4], [5, 6, 7, 8], 7, 9);
    const skb = skbOf(arena, bytes, 0x0008);
    const before = skbField(arena, skb, 'head');
    expect(pskbExpandHead(arena, skb, 128, 32)).toBe(0);
    expect(skbField(arena, skb, 'head')).not.toBe(before);
    expect(skbHeadroom(arena, skb)).toBe(64 + 128);
    expect(skbField(arena, skb, 'network_header')).toBe(64 + 128);
    const data = skbField(arena, skb, 'data');
    expect(arena.bytes(data, bytes.length)).toEqual(bytes);
    expect(arena.region(data)).toMatchObject({ kind: 'packet', lo: data, hi: data + bytes.length, owner: skb });
    expect(pskbExpandHead(arena, skb, 8 << 20, 0)).toBe(-12);
  });
});
