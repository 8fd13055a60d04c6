import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpv4, formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac } from '../../src/net/addr.ts';

const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
/** Addresses with runs of zeros, which random bytes hardly have. */
const sparse = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0xab, 0xffff), { minLength: 8, maxLength: 8 })
  .map((g) => Uint8Array.from(g.flatMap((v) => [v >> 8, v & 0xff])));

describe('addresses', () => {
  test('text and bytes are each the other back', () => {
    const round =
      (parse: (t: string) => Uint8Array | undefined, format: (b: Uint8Array) => string) => (b: Uint8Array) => {
        expect(parse(format(b))).toEqual(b);
      };
    fc.assert(fc.property(bytes(4), round(parseIpv4, formatIpv4)));
    fc.assert(fc.property(fc.oneof(bytes(16), sparse), round(parseIpv6, formatIpv6)), { numRuns: 1000 });
    fc.assert(fc.property(bytes(6), round(parseMac, formatMac)));
  });

  test('random text never throws and what parses is canonical after one round', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.]{0,45}$/));
    fc.assert(
      fc.property(text, (t) => {
        const b = parseIpv6(t);
        if (b) expect(parseIpv6(formatIpv6(b))).toEqual(b);
        for (const parse of [parseIpv4, parseMac]) expect([undefined, 4, 6]).toContain(parse(t)?.length);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // RFC 5952, 4.2.3: the first of equal runs
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // 4.2.2: one group is not shortened
    ['2001:0DB8::0001', '2001:db8::1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['fe80::', 'fe80::'],
    ['1::', '1::'],
    ['::ffff:a00:1', '::ffff:10.0.0.1'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is %s', (given, canonical) => {
    expect(formatIpv6(parseIpv6(given)!)).toBe(canonical);
  });

  test.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    '::g',
    'fe80::1%eth0',
    '::1/64',
    '1:2:3:4:5:6:7:8::',
    '::1.2.3',
    '1.2.3.4::',
    ':1::',
    '1:',
  ])('IPv6 %j is refused', (text) => expect(parseIpv6(text)).toBeUndefined());

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '1..3.4',
    '0x1.2.3.4',
    '-1.2.3.4',
    '1e1.2.3.4',
  ])('IPv4 %j is refused', (text) => expect(parseIpv4(text)).toBeUndefined());

  test('MAC', () => {
    expect(parseMac('02-AB-00-00-00-01')).toEqual(Uint8Array.of(2, 0xab, 0, 0, 0, 1));
    for (const bad of ['02:00:00:00:00', '02:00:00:00:00:01:02', '2:0:0:0:0:1', '02:00-00:00:00:01', '']) {
      expect(parseMac(bad)).toBeUndefined();
    }
  });
});
