import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BtfBuilder } from '../../src/btf/builder.ts';
import { resolveType, typedValue, typeSize } from '../../src/btf/format.ts';
import type { Btf } from '../../src/btf/parse.ts';
import { parseBtf } from '../../src/btf/parse.ts';
import { fromHex } from '../../src/util/hex.ts';

function parsed(builder: BtfBuilder): Btf {
  const result = parseBtf(builder.build());
  if (!result.ok) throw new Error(result.problems[0]!.code);
  return result.value;
}

describe('builder and parser', () => {
  it('agree on every kind', () => {
    const b = new BtfBuilder();
    const int = b.int('int', 4, { signed: true });
    const u8 = b.int('unsigned char', 1);
    const node = b.struct('node', 24);
    b.setMembers(node, [
      { name: 'next', type: b.ptr(node), bitOffset: 0 },
      { name: 'bytes', type: b.array(u8, int, 16), bitOffset: 64 },
    ]);
    const tagged = b.typeTag('kptr', b.fwd('sock'));
    const proto = b.funcProto(int, [{ name: 'ctx', type: b.ptr(b.const(tagged)) }]);
    const func = b.func('prog', proto, 'global');
    b.declTag('arg:nonnull', func, 0);
    b.enum('verdict', [
      ['DROP', -1],
      ['PASS', 2],
    ]);
    const variable = b.var('limit', b.typedef('u8', u8), true);
    b.datasec('.rodata', 8, [{ type: variable, offset: 0, size: 1 }]);
    const btf = parsed(b);
    expect(btf.types).toHaveLength(b.count + 1);
    expect(btf.types.slice(1).map((t) => `${t!.kind} ${t!.name}`)).toEqual([
      'int int',
      'int unsigned char',
      'struct node',
      'ptr ',
      'array ',
      'fwd sock',
      'type_tag kptr',
      'const ',
      'ptr ',
      'func_proto ',
      'func prog',
      'decl_tag arg:nonnull',
      'enum verdict',
      'typedef u8',
      'var limit',
      'datasec .rodata',
    ]);
    expect(btf.types[node]).toMatchObject({
      size: 24,
      members: [
        { name: 'next', bitOffset: 0 },
        { name: 'bytes', bitOffset: 64 },
      ],
    });
    expect(btf.types[func]).toMatchObject({ type: proto, linkage: 1 });
    expect(btf.types[proto]).toMatchObject({ ret: int, params: [{ name: 'ctx' }] });
    expect(btf.types.find((t) => t?.name === 'verdict')).toMatchObject({
      signed: true,
      values: [
        ['DROP', -1n],
        ['PASS', 2n],
      ],
    });
    expect(typeSize(btf, node)).toBe(24);
    expect(btf.string(b.string('node'))).toBe('node');
  });

  it('store equal strings once', () => {
    const b = new BtfBuilder();
    expect(b.string('a')).toBe(b.string('a'));
    expect(b.string('')).toBe(0);
  });
});

describe('typed values', () => {
  const b = new BtfBuilder();
  const u16 = b.int('unsigned short', 2);
  const u32 = b.int('unsigned int', 4);
  const u64 = b.int('unsigned long long', 8);
  const s32 = b.int('int', 4, { signed: true });
  const char = b.int('char', 1, { signed: true, char: true });
  const be16 = b.typedef('__be16', b.typedef('__u16', u16));
  const verdict = b.enum('verdict', [['PASS', 2]]);
  const struct = b.struct('entry', 40);
  b.setMembers(struct, [
    { name: 'port', type: be16, bitOffset: 0 },
    { name: 'plain', type: u16, bitOffset: 16 },
    { name: 'delta', type: s32, bitOffset: 32 },
    { name: 'count', type: u64, bitOffset: 64 },
    { name: 'name', type: b.array(char, u32, 8), bitOffset: 128 },
    { name: 'pair', type: b.array(u32, u32, 2), bitOffset: 192 },
    { name: 'verdict', type: verdict, bitOffset: 256 },
  ]);
  const loop = b.typedef('loop', b.count + 1);
  const btf = parsed(b);

  it('have the shapes of bpftool', () => {
    const bytes = fromHex('1f90 1f90 feffffff ffffffffffffffff 6574683000000000 01000000 02000000 02000000 00000000')!;
    expect(typedValue(btf, struct, bytes)).toEqual({
      port: 8080,
      plain: 0x901f,
      delta: -2,
      count: 0xffff_ffff_ffff_ffffn,
      name: 'eth0',
      pair: [1, 2],
      verdict: 'PASS',
    });
  });

  it('survive types that refer to themselves and to nothing', () => {
    expect(resolveType(btf, loop)).toBeUndefined();
    expect(typedValue(btf, loop, new Uint8Array(8))).toBeNull();
    expect(typedValue(btf, 999, new Uint8Array(8))).toBeNull();
    expect(typeSize(btf, loop)).toBeUndefined();
  });

  it('count missing bytes as 0', () => {
    expect(typedValue(btf, u32, new Uint8Array([1]))).toBe(1);
  });
});

describe('hostile bytes', () => {
  const b = new BtfBuilder();
  const int = b.int('int', 4);
  const struct = b.struct('s', 8);
  b.setMembers(struct, [{ name: 'a', type: b.array(int, int, 2), bitOffset: 0 }]);
  const good = b.build();

  it.each([
    ['nothing', new Uint8Array(), 'btf.too-short'],
    ['another magic', new Uint8Array(24), 'btf.bad-magic'],
    ['big-endian', new Uint8Array([0xeb, 0x9f, ...new Uint8Array(22)]), 'btf.big-endian'],
    ['a later version', good.map((v, i) => (i === 2 ? 9 : v)), 'btf.bad-version'],
    ['a cut tail', good.subarray(0, good.length - 3), 'btf.bad-section'],
    ['an unknown kind', good.map((v, i) => (i === 31 ? 31 : v)), 'btf.bad-kind'],
  ])('%s is a problem', (_, bytes, code) => {
    const result = parseBtf(bytes);
    expect(result.ok ? 'ok' : result.problems[0]!.code).toBe(code);
  });

  it('never throw, and their types print', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.uint8Array({ maxLength: 32 }),
        (changes, value) => {
          const bytes = good.slice();
          for (const [at, v] of changes) bytes[at] = v;
          const result = parseBtf(bytes);
          if (result.ok) for (let id = 0; id < result.value.types.length; id++) typedValue(result.value, id, value);
          else expect(result.problems[0]!.code).toMatch(/^btf\./);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
