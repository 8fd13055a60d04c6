import { describe, expect, test } from 'vitest';
import { BtfBuilder } from '../../src/btf/builder.ts';
import { typedValue } from '../../src/btf/format.ts';
import { parseBtf } from '../../src/btf/parse.ts';
import { typedBytes } from '../../src/kernel/replay/typedBytes.ts';
import { typedText } from '../../src/kernel/replay/typedText.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';

function typesOf(make: (b: BtfBuilder) => number) {
  const builder = new BtfBuilder();
  const id = make(builder);
  const btf = parseBtf(builder.build());
  if (!btf.ok) throw new Error('BTF');
  return {
    text: (hex: string, nowNs?: bigint) => typedText(btf.value, id, fromHex(hex)!, nowNs),
    json: (hex: string) => typedValue(btf.value, id, fromHex(hex)!),
    bytes: (json: unknown) => {
      const bytes = typedBytes(btf.value, id, json);
      return typeof bytes === 'string' ? bytes : toHex(bytes);
    },
  };
}

const struct = (
  b: BtfBuilder,
  name: string,
  size: number,
  members: readonly (readonly [string, number, number, number?])[],
) =>
  b.add(
    'struct',
    name,
    size,
    members.flatMap(([n, type, bit, bits]) => [b.string(n), type, bits === undefined ? bit : (bits << 24) | bit]),
    members.length,
    members.some((m) => m[3] !== undefined),
  );

describe('typed values', () => {
  test('IPv6: by the name of the type, of the member', () => {
    const v6 = typesOf((b) => {
      const u8 = b.int('unsigned char', 1);
      const bytes = b.array(u8, b.int('int', 4), 16);
      const address = struct(b, 'in6_addr', 16, [['in6_u', bytes, 0]]);
      return struct(b, 'ends', 48, [
        ['saddr', address, 0],
        ['daddr', bytes, 128],
        ['cookie', bytes, 256],
      ]);
    });
    const a = `fd${'00'.repeat(14)}01`;
    const b = `20010db8${'00'.repeat(11)}02`;
    expect(v6.text(a + b + '01'.repeat(16))).toBe(
      `saddr fd00::1, daddr 2001:db8::2, cookie [${Array(16).fill('1').join(' ')}]`,
    );
    expect(v6.bytes({ saddr: 'fd00::1', daddr: '2001:db8::2' })).toBe(a + b + '00'.repeat(16));
  });

  test('flags by name, and back', () => {
    const flags = typesOf((b) =>
      b.enum('flags', [
        ['NONE', 0],
        ['SYN', 1],
        ['FIN', 2],
        ['ACK', 16],
      ]),
    );
    expect(['00000000', '01000000', '13000000', '04000000'].map((hex) => flags.text(hex))).toEqual([
      'NONE',
      'SYN',
      'SYN|FIN|ACK',
      '4',
    ]);
    expect(flags.bytes('SYN|ACK')).toBe('11000000');
    expect(flags.bytes('SYN|RST')).toMatch(/is no value of 4 bytes/);
  });

  test('bitfields are read and written', () => {
    const bits = typesOf((b) => {
      const u32 = b.int('unsigned int', 4);
      const s32 = b.int('int', 4, { signed: true });
      return struct(b, 'bits', 4, [
        ['a', u32, 0, 3],
        ['b', s32, 3, 5],
        ['c', u32, 8, 24],
      ]);
    });
    expect(bits.text('fd020000')).toBe('a 5, b -1, c 2');
    expect(bits.bytes({ a: 5, b: -1, c: 2 })).toBe('fd020000');
    expect(bits.bytes({ a: 8 })).toBe('a: 8 does not fit into 3 bits');
  });

  test('sections are objects of variables', () => {
    const section = typesOf((b) => {
      const u32 = b.int('unsigned int', 4);
      const vars = [
        ['count', 0],
        ['limit', 4],
      ] as const;
      return b.datasec(
        '.data',
        8,
        vars.map(([name, offset]) => ({ type: b.var(name, u32, true), offset, size: 4 })),
      );
    });
    expect(section.text('0100000002000000')).toBe('count 1, limit 2');
    expect(section.json('0100000002000000')).toEqual({ count: 1, limit: 2 });
    expect(section.bytes({ limit: 7 })).toBe('0000000007000000');
    expect(section.bytes({ lim: 7 })).toBe('section .data has no variable lim');
  });

  test('times are told from the clock where they can be times', () => {
    const time = typesOf((b) =>
      struct(b, 't', 16, [
        ['expires', b.int('unsigned long long', 8), 0],
        ['bytes', b.int('unsigned long long', 8), 64],
      ]),
    );
    const at = (ns: bigint): string => toHex(new Uint8Array(new BigUint64Array([ns, ns]).buffer));
    expect(time.text(at(12_500_000_000n), 10_000_000_000n)).toBe('expires 12500000000 (in 2.5 s), bytes 12500000000');
    expect(time.text(at(5n), 10_000_000_000n)).toBe('expires 5, bytes 5');
    expect(time.text(at(10n ** 15n), 10_000_000_000n)).not.toContain('(');
  });
});
