import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c, internetChecksum, onesSum, pseudoHeaderSum, sctpChecksum } from '../../src/net/checksum.ts';
import { verifyChecksums } from '../../src/net/verify.ts';
import { fromHex } from '../../src/util/hex.ts';
import { built, SAMPLES } from './samples.ts';

/** RFC 1071 by the letter, over bigint. */
function slowSum(bytes: Uint8Array): number {
  let sum = 0n;
  for (let i = 0; i < bytes.length; i += 2) sum += BigInt(bytes[i]! * 256 + (bytes[i + 1] ?? 0));
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n);
  return Number(sum);
}

describe('internet checksum', () => {
  test('known values', () => {
    // RFC 1071, section 3, and the header in every textbook.
    expect(onesSum(fromHex('0001f203f4f5f6f7')!)).toBe(0xddf2);
    expect(internetChecksum(fromHex('45000073000040004011 0000 c0a80001c0a800c7')!)).toBe(0xb861);
  });

  test('equals the sum by the letter, whole or in parts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(150), (b, half) => {
        expect(onesSum(b)).toBe(slowSum(b));
        const cut = Math.min(2 * half, b.length);
        expect(onesSum(b, cut, b.length, onesSum(b, 0, cut))).toBe(slowSum(b));
      }),
    );
    expect(onesSum(new Uint8Array(1 << 20).fill(0xff))).toBe(0xffff);
  });

  test('pseudo headers', () => {
    const [src, dst] = [fromHex('0a000001')!, fromHex('0a600a0a')!];
    const written = fromHex('0a0000010a600a0a00060014')!;
    expect(pseudoHeaderSum(src, dst, 6, 20)).toBe(slowSum(written));
    const [src6, dst6] = [fromHex(`fd${'00'.repeat(14)}01`)!, fromHex(`fe${'11'.repeat(15)}`)!];
    const written6 = Uint8Array.from([...src6, ...dst6, 0, 1, 0, 2, 0, 0, 0, 17]);
    expect(pseudoHeaderSum(src6, dst6, 17, 0x10002)).toBe(slowSum(written6));
  });
});

describe('CRC32c', () => {
  test('RFC 3720, B.4', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });

  test("SCTP's is that of the packet with a zero field, low byte first", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 60 }), (b) => {
        const zeroed = b.slice();
        zeroed.fill(0, 8, 12);
        const out = new DataView(new ArrayBuffer(4));
        out.setUint32(0, crc32c(zeroed), true);
        expect(sctpChecksum(b)).toBe(out.getUint32(0));
      }),
    );
  });
});

describe('verifyChecksums', () => {
  test('every bit flipped in what a checksum covers makes it bad; the expected value puts it right', () => {
    const sample = fc.constantFrom(...SAMPLES.filter((s) => !s.name.includes('fragment')));
    fc.assert(
      fc.property(sample, fc.nat(), fc.nat(7), ({ bytes }, where, bit) => {
        const before = verifyChecksums(bytes);
        const changed = bytes.slice();
        const good = before.filter((c) => c.status === 'good');
        fc.pre(good.length > 0);
        const { at, layer } = good[where % good.length]!;
        changed[at + 1]! ^= 1 << bit;
        const after = verifyChecksums(changed).find((c) => c.at === at)!;
        const right = before.find((c) => c.at === at)!.found;
        expect(after).toMatchObject({ layer, status: 'bad', expected: right });
      }),
    );
  });

  test('what is cut off, quoted in part or fragmented is not judged; UDP may have none', () => {
    const status = (name: string) =>
      verifyChecksums(SAMPLES.find((s) => s.name === name)!.bytes).map((c) => `${c.layer} ${c.status}`);
    expect(status('time exceeded')).toEqual(['ipv4 good', 'icmp good', 'ipv4#2 good', 'tcp partial']);
    expect(status('port unreachable')).toEqual(['ipv4 good', 'icmp good', 'ipv4#2 good', 'udp good']);
    expect(status('fragment first')).toEqual(['ipv4 good', 'udp partial']);
    expect(status('fragment 6 first')).toEqual(['udp partial']);
    expect(status('udp without checksum')).toEqual(['ipv4 good', 'udp none']);
    const udp6 = built({ layer: 'eth' }, { layer: 'ipv6' }, { layer: 'udp', check: 0 });
    expect(verifyChecksums(udp6).map((c) => c.status)).toEqual(['bad']);
    const syn = SAMPLES.find((s) => s.name === 'tcp syn')!.bytes;
    expect(verifyChecksums(syn.subarray(0, 30)).map((c) => c.status)).toEqual(['partial']);
    expect(verifyChecksums(syn.subarray(0, 60)).map((c) => c.status)).toEqual(['good', 'partial']);
  });

  test('a UDP sum of zero goes out as all ones', () => {
    const layers = (bytes: Uint8Array) =>
      [{ layer: 'ipv4' }, { layer: 'udp', sport: 1, dport: 2 }, { layer: 'payload', bytes }] as const;
    const first = built(...layers(new Uint8Array(2)));
    const check = (first[26]! << 8) | first[27]!;
    const second = built(...layers(Uint8Array.of(check >> 8, check & 0xff)));
    expect([second[26], second[27]]).toEqual([0xff, 0xff]);
    expect(verifyChecksums(second, { start: 'ip' }).map((c) => c.status)).toEqual(['good', 'good']);
  });
});
