/** Maps of every type with keys and values of every BTF kind, for the comparison of dumps with bpftool's. */
import { BtfBuilder } from '../../src/btf/builder.ts';
import type { LoadRequest, MapRequest, MapUpdate } from '../../src/spec/request.ts';

/** A request with the map that is looked at, the last one unless `map` says otherwise. */
export interface Shape extends LoadRequest {
  readonly name: string;
  readonly map: number;
  /** Look at all maps of this name together instead. */
  readonly byName?: string;
  /** Keys to look up, in hex. */
  readonly lookups: readonly string[];
}

const ZERO_SEED = 64;
const NO_PREALLOC = 1;

/** Types by short names, made when they are first asked for. */
class Types extends BtfBuilder {
  readonly #known = new Map<string, number>();

  #once(name: string, make: () => number): number {
    const id = this.#known.get(name) ?? make();
    this.#known.set(name, id);
    return id;
  }
  u8 = (): number => this.#once('unsigned char', () => this.int('unsigned char', 1));
  s8 = (): number => this.#once('signed char', () => this.int('signed char', 1, { signed: true }));
  char = (): number => this.#once('char', () => this.int('char', 1, { signed: true }));
  uchar = (): number => this.#once('uchar', () => this.int('uchar', 1, { char: true }));
  u16 = (): number => this.#once('unsigned short', () => this.int('unsigned short', 2));
  s16 = (): number => this.#once('short', () => this.int('short', 2, { signed: true }));
  u32 = (): number => this.#once('unsigned int', () => this.int('unsigned int', 4));
  s32 = (): number => this.#once('int', () => this.int('int', 4, { signed: true }));
  u64 = (): number => this.#once('unsigned long long', () => this.int('unsigned long long', 8));
  s64 = (): number => this.#once('long long', () => this.int('long long', 8, { signed: true }));
  u128 = (): number => this.#once('unsigned __int128', () => this.int('unsigned __int128', 16));
  s128 = (): number => this.#once('__int128', () => this.int('__int128', 16, { signed: true }));
  bool = (): number => this.#once('_Bool', () => this.int('_Bool', 1, { bool: true }));
  index = (): number => this.#once('__ARRAY_SIZE_TYPE__', () => this.int('__ARRAY_SIZE_TYPE__', 4));
  be16 = (): number => this.#once('__be16', () => this.typedef('__be16', this.typedef('__u16', this.u16())));
  be32 = (): number => this.#once('__be32', () => this.typedef('__be32', this.typedef('__u32', this.u32())));
  arr = (of: number, count: number): number => this.array(of, this.index(), count);
  /** `[name, type, byte offset]`, or with bits: `[name, type, bit offset, bits]`. */
  rec(name: string, size: number, members: readonly Member[], kind: 'struct' | 'union' = 'struct'): number {
    const fields = members.some((m) => m.length === 4);
    const extra = members.flatMap(([n, type, at, bits]) => [
      this.string(n),
      type,
      fields ? (bits === undefined ? at * 8 : (bits << 24) | at) : at * 8,
    ]);
    return this.add(kind, name, size, extra, members.length, fields);
  }
  enum32 = (name: string, values: readonly (readonly [string, number])[], signed = false, size = 4): number =>
    this.add(
      'enum',
      name,
      size,
      values.flatMap(([n, v]) => [this.string(n), v]),
      values.length,
      signed,
    );
  enum64 = (name: string, values: readonly (readonly [string, bigint])[], signed = false): number =>
    this.add(
      'enum64',
      name,
      8,
      values.flatMap(([n, v]) => [this.string(n), Number(BigInt.asUintN(32, v)), Number(BigInt.asUintN(64, v) >> 32n)]),
      values.length,
      signed,
    );
}

type Member = readonly [string, number, number] | readonly [string, number, number, number];
type Make = (t: Types) => number;

const hex = (bytes: readonly number[]): string => bytes.map((b) => (b & 255).toString(16).padStart(2, '0')).join('');
const le32 = (v: number): string => hex([v, v >> 8, v >> 16, v >> 24]);
const text = (s: string, size: number): string =>
  Buffer.from(s)
    .toString('hex')
    .padEnd(2 * size, '0');

/** Bytes that look like nothing in particular, the same at every run. */
function noise(size: number, seed: number): string {
  let x = (seed * 2_654_435_761) >>> 0 || 1;
  return hex(
    Array.from({ length: size }, () => {
      x ^= x << 13;
      x >>>= 0;
      x ^= x >>> 17;
      x ^= x << 5;
      x >>>= 0;
      return x;
    }),
  );
}

let seed = 1;

/** A hash map with an int key and values of one type: zeros, ones, noise, and whatever else is given. */
function valueShape(name: string, size: number, make: Make, ...more: readonly string[]): Shape {
  const t = new Types();
  const key = t.s32();
  const value = make(t);
  const values = ['00'.repeat(size), 'ff'.repeat(size), noise(size, ++seed), noise(size, ++seed), ...more];
  const map: MapRequest = {
    name: 'values',
    type: 'hash',
    key_size: 4,
    value_size: size,
    max_entries: 16,
    map_flags: ZERO_SEED,
    btf: Buffer.from(t.build()).toString('hex'),
    btf_key_type_id: key,
    btf_value_type_id: value,
    updates: values.map((v, i) => ({ key: le32(i), value: v })),
  };
  return { name: `value ${name}`, maps: [map], map: 0, lookups: [le32(2), le32(77)] };
}

/** The same the other way round: keys of a type, values int. */
function keyShape(name: string, size: number, make: Make, ...keys: readonly string[]): Shape {
  const t = new Types();
  const key = make(t);
  const all = [...new Set(['00'.repeat(size), 'ff'.repeat(size), noise(size, ++seed), ...keys])];
  const map: MapRequest = {
    name: 'keys',
    type: 'hash',
    key_size: size,
    value_size: 4,
    max_entries: 16,
    map_flags: ZERO_SEED,
    btf: Buffer.from(t.build()).toString('hex'),
    btf_key_type_id: key,
    btf_value_type_id: t.s32(),
    updates: all.map((k, i) => ({ key: k, value: le32(i - 1) })),
  };
  return {
    name: `key ${name}`,
    maps: [{ ...map, btf: Buffer.from(t.build()).toString('hex') }],
    map: 0,
    lookups: [all[2]!],
  };
}

/** A map without BTF. */
function plainShape(
  name: string,
  map: Partial<MapRequest>,
  updates: readonly MapUpdate[] = [],
  before: readonly MapRequest[] = [],
): Shape {
  const full: MapRequest = { name: 'plain', type: 'hash', key_size: 4, value_size: 4, max_entries: 4, ...map, updates };
  const lookups = [...updates.slice(0, 2).map((u) => u.key), noise(full.key_size, 99)];
  return {
    name,
    maps: [...before, full],
    map: before.length,
    lookups: full.key_size === 0 || `${full.type}`.endsWith('_storage') ? [] : lookups,
  };
}

/** A map with BTF of key and value. */
function typedShape(
  name: string,
  map: Partial<MapRequest>,
  types: (t: Types) => readonly [number, number],
  updates: readonly MapUpdate[] = [],
): Shape {
  const t = new Types();
  const [key, value] = types(t);
  const shape = plainShape(name, map, updates);
  const btf = { btf: Buffer.from(t.build()).toString('hex'), btf_key_type_id: key, btf_value_type_id: value };
  return { ...shape, maps: shape.maps!.map((m) => ({ ...m, ...btf })) };
}

const SIZES: readonly (readonly [number, number])[] = [
  [1, 1],
  [4, 4],
  [4, 8],
  [8, 16],
  [16, 8],
  [16, 16],
  [8, 17],
  [17, 4],
  [4, 20],
  [4, 24],
  [12, 12],
  [16, 17],
  [32, 33],
  [3, 100],
];

const VALUES: readonly Shape[] = [
  valueShape('u8', 1, (t) => t.u8(), '41'),
  valueShape('s8', 1, (t) => t.s8(), '41'),
  valueShape('char', 1, (t) => t.char(), '41', '22', '5c', '0a', '7f', '20', 'e9'),
  valueShape('uchar', 1, (t) => t.uchar(), '41', '22', '5c', '0a', '7f', '20', 'e9'),
  valueShape('bool', 1, (t) => t.bool(), '01', '02'),
  valueShape('bool of 4', 4, (t) => t.int('bool4', 4, { bool: true }), '01000000', '00010000'),
  valueShape('char of 4', 4, (t) => t.int('wide_char', 4, { char: true }), '41000000', '41420000'),
  valueShape('char of 2', 2, (t) => t.int('wide_char', 2, { char: true }), '4100', '4142'),
  valueShape('int of 24 bits in 4', 4, (t) => t.add('int', 'u24', 4, [24])),
  valueShape('int of 16 bits in 4', 4, (t) => t.add('int', 'u16of4', 4, [0x0100_0010])),
  valueShape('int of 32 bits in 8 with an offset', 8, (t) => t.add('int', 'u32of8', 8, [(8 << 16) | 32])),
  valueShape('int of 32 bits in 8 with an offset of 32', 8, (t) => t.add('int', 'hi', 8, [(32 << 16) | 32])),
  valueShape('bool of 3 bits', 1, (t) => t.add('int', 'b3', 1, [0x0400_0003]), '01'),
  valueShape('bool of 16 bytes', 16, (t) => t.int('b128', 16, { bool: true })),
  valueShape('unsigned enum64', 8, (t) => t.enum64('e', [['ONE', 1n]]), 'feffffffffffffff'),
  valueShape(
    'enum64 of 4',
    4,
    (t) => t.add('enum64', 'e4', 4, [t.string('A'), 1, 0, t.string('B'), 0xffff_ffff, 0], 2, false),
    '01000000',
    'feffffff',
  ),
  valueShape(
    'signed enum64 of 1',
    1,
    (t) => t.add('enum64', 'e1', 1, [t.string('A'), 1, 0, t.string('B'), 0xffff_fffe, 0xffff_ffff], 2, true),
    '01',
    'fe',
  ),
  valueShape(
    'enum of 4 with large values',
    4,
    (t) =>
      t.enum32('large', [
        ['TOP', 0x8000_0000],
        ['ALL', 0xffff_ffff],
      ]),
    '00000080',
    '01000080',
  ),
  valueShape('array of floats', 8, (t) => t.arr(t.add('float', 'float', 4), 2)),
  valueShape('struct with an array of floats', 16, (t) =>
    t.rec('fa', 16, [
      ['n', t.u32(), 0],
      ['in', t.rec('fb', 8, [['f', t.arr(t.add('float', 'float', 4), 2), 0]]), 4],
      ['m', t.u32(), 12],
    ]),
  ),
  valueShape(
    'const char array',
    8,
    (t) => t.const(t.arr(t.const(t.char()), 8)),
    text('a b~', 8),
    text("it's", 8),
    text('del\x7f', 8),
  ),
  valueShape('unsigned char named char', 4, (t) => t.arr(t.int('char', 1), 4), text('abc', 4), text('abcd', 4)),
  valueShape('char of 2 bytes in an array', 8, (t) => t.arr(t.int('char', 2), 4), text('a', 8)),
  valueShape('pointer to fwd union', 8, (t) => t.ptr(t.fwd('u', 'union'))),
  valueShape('old bitfields with typedefs', 4, (t) =>
    t.add(
      'struct',
      'oldt',
      4,
      [
        t.string('a'),
        t.typedef('three_t', t.add('int', 'three', 4, [3])),
        0,
        t.string('b'),
        t.typedef('u8_t', t.u8()),
        8,
        t.string('c'),
        t.u16(),
        16,
      ],
      3,
    ),
  ),
  valueShape('u16', 2, (t) => t.u16()),
  valueShape('s16', 2, (t) => t.s16()),
  valueShape('u32', 4, (t) => t.u32()),
  valueShape('s32', 4, (t) => t.s32()),
  valueShape('u64', 8, (t) => t.u64()),
  valueShape('s64', 8, (t) => t.s64(), '0000000000000080'),
  valueShape('u128', 16, (t) => t.u128(), `01${'00'.repeat(15)}`, `${'00'.repeat(8)}01${'00'.repeat(7)}`),
  valueShape('s128', 16, (t) => t.s128(), `01${'00'.repeat(15)}`),
  valueShape('int of 5 bits in 1', 1, (t) => t.add('int', 'u5', 1, [5]), '15'),
  valueShape('signed int of 5 bits in 1', 1, (t) => t.add('int', 's5', 1, [0x0100_0005]), '15'),
  valueShape('int of 12 bits in 4', 4, (t) => t.add('int', 'u12', 4, [12])),
  valueShape('int of 40 bits in 8', 8, (t) => t.add('int', 'u40', 8, [40])),
  valueShape('int of 70 bits in 16', 16, (t) => t.add('int', 'u70', 16, [70])),
  valueShape('be16', 2, (t) => t.be16(), '0050'),
  valueShape('be32', 4, (t) => t.be32(), '0a000001'),
  valueShape('float', 4, (t) => t.add('float', 'float', 4), '0000803f', 'cdcc8cbf', '00007f7f', '01000000', '0000807f'),
  valueShape(
    'double',
    8,
    (t) => t.add('float', 'double', 8),
    '000000000000f03f',
    '9a9999999999b93f',
    '000000000000f07f',
  ),
  valueShape('long double', 16, (t) => t.add('float', 'long double', 16)),
  valueShape('half', 2, (t) => t.add('float', '_Float16', 2)),
  valueShape(
    'struct with floats',
    16,
    (t) =>
      t.rec('floats', 16, [
        ['f', t.add('float', 'float', 4), 0],
        ['d', t.add('float', 'double', 8), 8],
      ]),
    '0000803f00000000000000000000f03f',
  ),
  valueShape(
    'enum',
    4,
    (t) =>
      t.enum32('colour', [
        ['RED', 0],
        ['GREEN', 1],
        ['BLUE', 7],
      ]),
    '01000000',
    '07000000',
    '02000000',
  ),
  valueShape(
    'signed enum',
    4,
    (t) =>
      t.enum32(
        'sign',
        [
          ['NEG', -1],
          ['ZERO', 0],
          ['POS', 1],
        ],
        true,
      ),
    '01000000',
    '02000000',
  ),
  valueShape(
    'enum of 1',
    1,
    (t) =>
      t.enum32(
        'small',
        [
          ['A', 0],
          ['B', 200],
        ],
        false,
        1,
      ),
    'c8',
    '01',
  ),
  valueShape(
    'signed enum of 2',
    2,
    (t) =>
      t.enum32(
        'small2',
        [
          ['A', 0],
          ['B', -2],
        ],
        true,
        2,
      ),
    'feff',
    '0100',
  ),
  valueShape(
    'enum of 8',
    8,
    (t) =>
      t.enum32(
        'wide',
        [
          ['A', 0],
          ['B', 1],
        ],
        false,
        8,
      ),
    '0100000000000000',
    '0100000001000000',
  ),
  valueShape('enum with equal values', 4, (t) =>
    t.enum32('same', [
      ['FIRST', 0],
      ['SECOND', 0],
      ['ALL', -1],
    ]),
  ),
  valueShape(
    'enum64',
    8,
    (t) =>
      t.enum64('big', [
        ['LOW', 1n],
        ['HIGH', 0x1_0000_0000n],
        ['MAX', 0xffff_ffff_ffff_ffffn],
      ]),
    '0100000000000000',
    '0000000001000000',
    '0200000000000000',
  ),
  valueShape(
    'signed enum64',
    8,
    (t) =>
      t.enum64(
        'sbig',
        [
          ['LOW', -5n],
          ['HIGH', 0x1_0000_0000n],
        ],
        true,
      ),
    'fbffffffffffffff',
    '0000000001000000',
    'faffffffffffffff',
  ),
  valueShape('pointers', 24, (t) =>
    t.rec('pointers', 24, [
      ['any', t.ptr(0), 0],
      ['fn', t.ptr(t.funcProto(t.s32(), [{ name: 'a', type: t.s32() }])), 8],
      ['next', t.ptr(t.fwd('node')), 16],
    ]),
  ),
  valueShape('pointer', 8, (t) => t.ptr(t.const(t.char()))),
  valueShape('pointer behind modifiers', 8, (t) =>
    t.typedef('handle', t.const(t.volatile(t.ptr(t.add('restrict', '', t.ptr(0)))))),
  ),
  valueShape('typedefs', 4, (t) => t.typedef('outer', t.const(t.typedef('inner', t.volatile(t.u32()))))),
  valueShape(
    'char array',
    8,
    (t) => t.arr(t.char(), 8),
    text('hello', 8),
    text('12345678', 8),
    `68690078${'00'.repeat(4)}`,
    text('a"b\\c/', 8),
    text('tab\tnl\n', 8),
    text('héé', 8),
  ),
  valueShape(
    'typedef of char array',
    8,
    (t) => t.typedef('name_t', t.arr(t.const(t.typedef('ch', t.char())), 8)),
    text('typed', 8),
  ),
  valueShape('uchar array', 4, (t) => t.arr(t.uchar(), 4), text('abc', 4), text('abcd', 4)),
  valueShape('char array of 1', 1, (t) => t.arr(t.char(), 1), '61'),
  valueShape('u8 array', 6, (t) => t.arr(t.u8(), 6), '020000000001'),
  valueShape('s16 array', 8, (t) => t.arr(t.s16(), 4)),
  valueShape('bool array', 3, (t) => t.arr(t.bool(), 3), '010001'),
  valueShape('array of 1', 4, (t) => t.arr(t.u32(), 1)),
  valueShape('array of arrays', 12, (t) => t.arr(t.arr(t.u16(), 3), 2)),
  valueShape('array of char arrays', 12, (t) => t.arr(t.arr(t.char(), 4), 3), text('ab\0\0cd\0\0efgh', 12)),
  valueShape('array of structs', 16, (t) =>
    t.arr(
      t.rec('pair', 8, [
        ['a', t.u32(), 0],
        ['b', t.s32(), 4],
      ]),
      2,
    ),
  ),
  valueShape(
    'array of enums',
    8,
    (t) =>
      t.arr(
        t.enum32('e', [
          ['NO', 0],
          ['YES', 1],
        ]),
        2,
      ),
    '0100000002000000',
  ),
  valueShape('array of pointers', 16, (t) => t.arr(t.ptr(0), 2)),
  valueShape('array of u128', 32, (t) => t.arr(t.u128(), 2)),
  valueShape('struct', 24, (t) =>
    t.rec('plain', 24, [
      ['a', t.u8(), 0],
      ['b', t.u16(), 2],
      ['c', t.u32(), 4],
      ['d', t.u64(), 8],
      ['e', t.char(), 16],
      ['f', t.bool(), 17],
    ]),
  ),
  valueShape('struct with one member', 4, (t) => t.rec('one', 4, [['only', t.u32(), 0]])),
  valueShape('struct in struct', 16, (t) =>
    t.rec('outer', 16, [
      [
        'head',
        t.rec('inner', 8, [
          ['x', t.u32(), 0],
          ['y', t.u32(), 4],
        ]),
        0,
      ],
      ['tail', t.u64(), 8],
    ]),
  ),
  valueShape('struct with anonymous ones', 12, (t) =>
    t.rec('anon', 12, [
      [
        '',
        t.rec('', 8, [
          ['x', t.u32(), 0],
          ['y', t.u32(), 4],
        ]),
        0,
      ],
      [
        '',
        t.rec(
          '',
          4,
          [
            ['n', t.u32(), 0],
            ['b', t.arr(t.u8(), 4), 0],
          ],
          'union',
        ),
        8,
      ],
    ]),
  ),
  valueShape('anonymous struct', 8, (t) =>
    t.rec('', 8, [
      ['x', t.u32(), 0],
      ['y', t.u32(), 4],
    ]),
  ),
  valueShape('empty struct inside', 4, (t) =>
    t.rec('holder', 4, [
      ['nothing', t.rec('nothing', 0, []), 0],
      ['x', t.u32(), 0],
    ]),
  ),
  valueShape('struct without members', 4, (t) => t.rec('opaque', 4, [])),
  valueShape('flexible array', 4, (t) =>
    t.rec('flex', 4, [
      ['n', t.u32(), 0],
      ['rest', t.arr(t.u32(), 0), 4],
    ]),
  ),
  valueShape('flexible char array', 4, (t) =>
    t.rec('flexc', 4, [
      ['n', t.u32(), 0],
      ['rest', t.arr(t.char(), 0), 4],
    ]),
  ),
  valueShape(
    'union',
    8,
    (t) =>
      t.rec(
        'either',
        8,
        [
          ['n', t.u64(), 0],
          ['s', t.arr(t.char(), 8), 0],
          [
            'p',
            t.rec('pt', 8, [
              ['x', t.s32(), 0],
              ['y', t.s32(), 4],
            ]),
            0,
          ],
        ],
        'union',
      ),
    text('word', 8),
  ),
  valueShape('union without members', 4, (t) => t.rec('nounion', 4, [], 'union')),
  valueShape('bitfields', 4, (t) =>
    t.rec('bits', 4, [
      ['a', t.u32(), 0, 1],
      ['b', t.u32(), 1, 3],
      ['c', t.s32(), 4, 5],
      ['d', t.u32(), 9, 23],
    ]),
  ),
  valueShape('bitfields over bytes', 8, (t) =>
    t.rec('bits8', 8, [
      ['a', t.u64(), 0, 7],
      ['b', t.u64(), 7, 33],
      ['c', t.s64(), 40, 20],
      ['d', t.u64(), 60, 4],
    ]),
  ),
  valueShape(
    'bitfields and others',
    12,
    (t) =>
      t.rec('mixed', 12, [
        ['x', t.u16(), 0],
        ['a', t.u16(), 16, 3],
        ['b', t.bool(), 19, 1],
        ['s', t.s8(), 24, 4],
        ['y', t.u64(), 32, 0],
      ]),
    '010002030405060708090a0b',
  ),
  valueShape(
    'enum bitfields',
    4,
    (t) =>
      t.rec('ebits', 4, [
        [
          'e',
          t.enum32('e', [
            ['NO', 0],
            ['YES', 1],
            ['MAYBE', 2],
          ]),
          0,
          2,
        ],
        ['rest', t.u32(), 2, 30],
      ]),
    '02000000',
    '03000000',
  ),
  valueShape(
    'signed enum bitfields',
    4,
    (t) =>
      t.rec('sebits', 4, [
        [
          'e',
          t.enum32(
            'e',
            [
              ['NO', 0],
              ['NEG', -1],
            ],
            true,
          ),
          0,
          2,
        ],
        [
          'f',
          t.enum32(
            'f',
            [
              ['NONE', 0],
              ['LESS', -1],
            ],
            true,
            1,
          ),
          8,
          8,
        ],
      ]),
    '03ff0000',
  ),
  valueShape(
    'bool bitfields',
    1,
    (t) =>
      t.rec('flags', 1, [
        ['a', t.bool(), 0, 1],
        ['b', t.bool(), 1, 1],
        ['c', t.u8(), 2, 6],
      ]),
    '02',
    '05',
  ),
  valueShape(
    'char bitfield',
    1,
    (t) =>
      t.rec('cbits', 1, [
        ['a', t.char(), 0, 7],
        ['b', t.char(), 7, 1],
      ]),
    '41',
  ),
  valueShape('bitfields of u128', 16, (t) =>
    t.rec('wide', 16, [
      ['a', t.u128(), 0, 64],
      ['b', t.u128(), 64, 64],
    ]),
  ),
  valueShape('long bitfields of u128', 16, (t) =>
    t.rec('wider', 16, [
      ['a', t.u128(), 0, 3],
      ['b', t.u128(), 3, 100],
      ['c', t.u128(), 103, 25],
    ]),
  ),
  valueShape('typedef bitfields', 2, (t) =>
    t.rec('tbits', 2, [
      ['v', t.typedef('u16_t', t.u16()), 0, 4],
      ['w', t.typedef('u16_t', t.const(t.u16())), 4, 12],
    ]),
  ),
  valueShape('old bitfields', 4, (t) =>
    t.add(
      'struct',
      'old',
      4,
      [
        t.string('a'),
        t.add('int', 'three', 4, [3]),
        0,
        t.string('b'),
        t.add('int', 'four', 4, [0x0100_0004]),
        3,
        t.string('c'),
        t.add('int', 'nine', 4, [9]),
        7,
      ],
      3,
    ),
  ),
  valueShape('int with an offset', 4, (t) => t.add('int', 'shifted', 4, [(4 << 16) | 8]), '10020000'),
  valueShape('union of bitfields', 4, (t) =>
    t.rec(
      'ubits',
      4,
      [
        ['a', t.u32(), 0, 4],
        ['b', t.u32(), 0, 12],
        ['all', t.u32(), 0, 0],
      ],
      'union',
    ),
  ),
  valueShape('spin lock', 8, (t) =>
    t.rec('locked', 8, [
      ['lock', t.rec('bpf_spin_lock', 4, [['val', t.u32(), 0]]), 0],
      ['n', t.u32(), 4],
    ]),
  ),
  valueShape('timer', 24, (t) =>
    t.rec('timed', 24, [
      ['n', t.u64(), 0],
      ['timer', t.rec('bpf_timer', 16, [['__opaque', t.arr(t.u64(), 2), 0]]), 8],
    ]),
  ),
  valueShape('names', 8, (t) =>
    t.rec('names', 8, [
      ['_x1', t.u32(), 0],
      ['CamelCase', t.u32(), 4],
    ]),
  ),
  valueShape('declaration tags', 4, (t) => {
    const s = t.rec('tagged', 4, [['x', t.u32(), 0]]);
    t.declTag('note', s, 0);
    return s;
  }),
  valueShape('tagged pointer', 8, (t) => t.rec('tagptr', 8, [['p', t.ptr(t.typeTag('user', t.s32())), 0]])),
  valueShape('const array of const structs', 8, (t) =>
    t.const(t.arr(t.const(t.rec('c', 4, [['v', t.typedef('w', t.s32()), 0]])), 2)),
  ),
  valueShape('deep', 4, (t) => {
    let s = t.rec('d0', 4, [['x', t.u32(), 0]]);
    for (let i = 1; i < 9; i++) s = t.rec(`d${i}`, 4, [['in', s, 0]]);
    return s;
  }),
  valueShape('IPv6 and MAC', 24, (t) =>
    t.rec('ends', 24, [
      [
        'saddr',
        t.rec('in6_addr', 16, [
          [
            'in6_u',
            t.rec(
              '',
              16,
              [
                ['u6_addr8', t.arr(t.u8(), 16), 0],
                ['u6_addr32', t.arr(t.be32(), 4), 0],
              ],
              'union',
            ),
            0,
          ],
        ]),
        0,
      ],
      ['h_dest', t.arr(t.u8(), 6), 16],
      ['port', t.be16(), 22],
    ]),
  ),
  valueShape('large char array', 300, (t) => t.arr(t.char(), 300), text('x'.repeat(299), 300)),
  valueShape('large array', 260, (t) => t.arr(t.u32(), 65)),
];

const KEYS: readonly Shape[] = [
  keyShape('u8', 1, (t) => t.u8()),
  keyShape('s64', 8, (t) => t.s64()),
  keyShape('u128', 16, (t) => t.u128()),
  keyShape('char', 1, (t) => t.char(), '61'),
  keyShape('char array', 8, (t) => t.arr(t.char(), 8), text('eth0', 8)),
  keyShape('u8 array', 6, (t) => t.arr(t.u8(), 6)),
  keyShape(
    'struct',
    8,
    (t) =>
      t.rec('flow', 8, [
        ['addr', t.be32(), 0],
        ['port', t.be16(), 4],
        ['proto', t.u8(), 6],
        ['dir', t.u8(), 7],
      ]),
    '0a00000100500611',
  ),
  keyShape('union', 4, (t) =>
    t.rec(
      'ku',
      4,
      [
        ['n', t.u32(), 0],
        ['b', t.arr(t.u8(), 4), 0],
      ],
      'union',
    ),
  ),
  keyShape(
    'enum',
    4,
    (t) =>
      t.enum32('colour', [
        ['RED', 0],
        ['GREEN', 1],
      ]),
    '01000000',
  ),
  keyShape('pointer', 8, (t) => t.ptr(0)),
  keyShape('bitfields', 4, (t) =>
    t.rec('kb', 4, [
      ['a', t.u32(), 0, 12],
      ['b', t.u32(), 12, 20],
    ]),
  ),
  keyShape('float', 4, (t) => t.add('float', 'float', 4), '0000803f'),
];

const four: readonly MapUpdate[] = [0, 1, 2, 3].map((i) => ({ key: le32(i), value: noise(4, 40 + i) }));
const percpu = (size: number, from: number): MapUpdate[] =>
  [0, 1, 2].map((i) => ({ key: le32(i), value: noise(Math.ceil(size / 8) * 16, from + i) }));
const inner: MapRequest = { name: 'inner', type: 'array', key_size: 4, value_size: 4, max_entries: 1 };
const innerHash: MapRequest = {
  name: 'innerhash',
  type: 'hash',
  key_size: 4,
  value_size: 8,
  max_entries: 2,
  map_flags: ZERO_SEED,
};
const lpmKey = (bits: number, ip: readonly number[]): string => le32(bits) + hex(ip);
const lpm = [
  lpmKey(32, [10, 0, 0, 1]),
  lpmKey(8, [10, 0, 0, 0]),
  lpmKey(0, [0, 0, 0, 0]),
  lpmKey(24, [192, 168, 1, 0]),
].map((key, i) => ({ key, value: le32(i) }));

const PLAIN: readonly Shape[] = [
  ...SIZES.map(([k, v]) =>
    plainShape(
      `sizes ${k} ${v}`,
      { key_size: k, value_size: v, map_flags: ZERO_SEED },
      [1, 2, 3].map((i) => ({ key: noise(k, i), value: noise(v, 10 * i) })),
    ),
  ),
  plainShape('empty hash', { map_flags: ZERO_SEED }),
  plainShape('one element', { map_flags: ZERO_SEED }, four.slice(0, 1)),
  plainShape('hash without preallocation', { map_flags: ZERO_SEED | NO_PREALLOC }, four),
  plainShape('lru_hash', { type: 'lru_hash', max_entries: 64, map_flags: ZERO_SEED }, four),
  plainShape('lru_hash without common list', { type: 'lru_hash', max_entries: 64, map_flags: ZERO_SEED | 2 }, four),
  plainShape('array', { type: 'array' }, four),
  plainShape('array of zeros', { type: 'array', value_size: 8 }),
  plainShape('array of 5-byte values', { type: 'array', value_size: 5, max_entries: 3 }, [
    { key: le32(1), value: noise(5, 3) },
  ]),
  plainShape('frozen array', { type: 'array', freeze: true }, four),
  plainShape('read-only array', { type: 'array', map_flags: 128 }, four),
  plainShape('mmapable array', { type: 'array', map_flags: 1024 }, four),
  plainShape('percpu_hash', { type: 'percpu_hash', map_flags: ZERO_SEED }, percpu(4, 50)),
  plainShape('percpu_hash of 20 bytes', { type: 'percpu_hash', value_size: 20, map_flags: ZERO_SEED }, percpu(20, 60)),
  plainShape(
    'percpu_hash without preallocation',
    { type: 'percpu_hash', value_size: 8, map_flags: ZERO_SEED | NO_PREALLOC },
    percpu(8, 60),
  ),
  plainShape(
    'lru_percpu_hash',
    { type: 'lru_percpu_hash', value_size: 8, max_entries: 64, map_flags: ZERO_SEED },
    percpu(8, 70),
  ),
  plainShape('percpu_array', { type: 'percpu_array', value_size: 8 }, percpu(8, 80)),
  plainShape('percpu_array of 3 bytes', { type: 'percpu_array', value_size: 3 }, percpu(3, 90)),
  plainShape('empty percpu_hash', { type: 'percpu_hash', map_flags: ZERO_SEED }),
  plainShape('lpm_trie', { type: 'lpm_trie', key_size: 8, map_flags: NO_PREALLOC, max_entries: 8 }, lpm),
  plainShape('empty lpm_trie', { type: 'lpm_trie', key_size: 8, map_flags: NO_PREALLOC, max_entries: 8 }),
  plainShape(
    'array_of_maps',
    { type: 'array_of_maps', inner_map: 0, max_entries: 3 },
    [
      { key: le32(0), value_map: 0 },
      { key: le32(2), value_map: 1 },
    ],
    [inner, inner],
  ),
  plainShape(
    'hash_of_maps',
    { type: 'hash_of_maps', inner_map: 0, max_entries: 3, map_flags: ZERO_SEED },
    [
      { key: le32(5), value_map: 0 },
      { key: le32(7), value_map: 1 },
    ],
    [innerHash, innerHash],
  ),
  plainShape('empty array_of_maps', { type: 'array_of_maps', inner_map: 0, max_entries: 2 }, [], [inner]),
  plainShape(
    'empty hash_of_maps',
    { type: 'hash_of_maps', inner_map: 0, max_entries: 2, map_flags: ZERO_SEED },
    [],
    [innerHash],
  ),
  plainShape(
    'hash_of_maps with long keys',
    { type: 'hash_of_maps', key_size: 30, inner_map: 0, max_entries: 3, map_flags: ZERO_SEED },
    [{ key: noise(30, 5), value_map: 0 }],
    [innerHash],
  ),
  plainShape('queue', { type: 'queue', key_size: 0 }, [
    { key: '', value: '01000000' },
    { key: '', value: '02000000' },
  ]),
  plainShape('stack', { type: 'stack', key_size: 0 }, [
    { key: '', value: '01000000' },
    { key: '', value: '02000000' },
  ]),
  plainShape('empty queue', { type: 'queue', key_size: 0 }),
  plainShape('bloom_filter', { type: 'bloom_filter', key_size: 0 }, [{ key: '', value: '01000000' }]),
  plainShape('bloom_filter of 3 hashes', { type: 'bloom_filter', key_size: 0, map_extra: 3 }),
  plainShape('ringbuf', { type: 'ringbuf', key_size: 0, value_size: 0, max_entries: 4096 }),
  plainShape('user_ringbuf', { type: 'user_ringbuf', key_size: 0, value_size: 0, max_entries: 4096 }),
  plainShape('perf_event_array', { type: 'perf_event_array', max_entries: 2 }),
  plainShape('cgroup_array', { type: 'cgroup_array', max_entries: 2 }),
  plainShape('stack_trace', { type: 'stack_trace', value_size: 16, max_entries: 4 }),
  plainShape('devmap', { type: 'devmap', max_entries: 3 }, [{ key: le32(1), value: le32(1) }]),
  plainShape('devmap of 8 bytes', { type: 'devmap', value_size: 8, max_entries: 3 }, [
    { key: le32(1), value: le32(1) + le32(0) },
  ]),
  plainShape('devmap_hash', { type: 'devmap_hash', max_entries: 4 }, [{ key: le32(9), value: le32(1) }]),
  plainShape('cpumap', { type: 'cpumap', max_entries: 2 }, [{ key: le32(0), value: le32(128) }]),
  plainShape('cpumap of 8 bytes', { type: 'cpumap', value_size: 8, max_entries: 2 }),
  plainShape('xskmap', { type: 'xskmap', max_entries: 2 }),
  plainShape('sockmap', { type: 'sockmap', max_entries: 2 }),
  plainShape('sockhash', { type: 'sockhash', key_size: 8, max_entries: 2 }),
  plainShape('reuseport_sockarray', { type: 'reuseport_sockarray', max_entries: 2 }),
  plainShape('reuseport_sockarray of 8', { type: 'reuseport_sockarray', value_size: 8, max_entries: 2 }),
  plainShape('cgroup_storage', { type: 'cgroup_storage', key_size: 16, value_size: 8, max_entries: 0 }),
  plainShape('cgroup_storage by id', { type: 'cgroup_storage', key_size: 8, value_size: 8, max_entries: 0 }),
  plainShape('percpu_cgroup_storage', { type: 'percpu_cgroup_storage', key_size: 16, value_size: 8, max_entries: 0 }),
  plainShape('arena', { type: 'arena', key_size: 0, value_size: 0, max_entries: 4, map_flags: 1024 }),
  plainShape('no name', { name: '', type: 'array', max_entries: 1 }),
  plainShape('name of 15', { name: 'abcdefghijklmno', type: 'array', max_entries: 1 }),
];

const section = (
  name: string,
  size: number,
  vars: (t: Types) => readonly (readonly [string, number, number, number])[],
  value: string,
  map: Partial<MapRequest> = {},
): Shape => {
  const t = new Types();
  const rows = vars(t).map(([n, type, offset, bytes]) => [t.var(n, type, true), offset, bytes] as const);
  const sec = t.datasec(
    name,
    size,
    rows.map(([type, offset, bytes]) => ({ type, offset, size: bytes })),
  );
  const request: MapRequest = {
    name: `x${name}`,
    type: 'array',
    key_size: 4,
    value_size: size,
    max_entries: 1,
    btf: Buffer.from(t.build()).toString('hex'),
    btf_value_type_id: sec,
    updates: [{ key: le32(0), value }],
    ...map,
  };
  return { name: `section ${name} ${size}`, maps: [request], map: 0, lookups: [le32(0), le32(1)] };
};

const lockFree = (t: Types): [number, number] => [t.s32(), t.u64()];
const pair = (t: Types): number =>
  t.rec('pair', 8, [
    ['a', t.u32(), 0],
    ['b', t.arr(t.char(), 4), 4],
  ]);
const TYPED: readonly Shape[] = [
  section(
    '.data',
    16,
    (t) => [
      ['counter', t.u64(), 0, 8],
      ['limit', t.s32(), 8, 4],
      ['on', t.bool(), 12, 1],
    ],
    '0500000000000000feffffff01000000',
  ),
  section('.rodata', 8, (t) => [['name', t.arr(t.char(), 8), 0, 8]], text('bpflab', 8), {
    map_flags: 128,
    freeze: true,
  }),
  section(
    '.bss',
    24,
    (t) => [
      [
        'pairs',
        t.arr(
          t.rec('pair', 8, [
            ['x', t.u32(), 0],
            ['y', t.u32(), 4],
          ]),
          2,
        ),
        0,
        16,
      ],
      ['p', t.ptr(0), 16, 8],
    ],
    noise(24, 7),
  ),
  section('.data', 4, (t) => [['one', t.u32(), 0, 4]], noise(4, 8), { map_flags: 1024 }),
  section(
    '.data',
    12,
    (t) => [
      ['a', t.u32(), 0, 4],
      ['f', t.add('float', 'float', 4), 4, 4],
      ['z', t.u32(), 8, 4],
    ],
    noise(12, 10),
  ),
  section('.empty', 4, () => [], noise(4, 9)),
  typedShape('typed array', { type: 'array', value_size: 8 }, (t) => [t.s32(), pair(t)], [
    { key: le32(1), value: le32(9) + text('ab', 4) },
  ]),
  typedShape('typed empty hash', { value_size: 8, map_flags: ZERO_SEED }, lockFree),
  typedShape(
    'typed lru_hash',
    { type: 'lru_hash', value_size: 8, map_flags: ZERO_SEED, max_entries: 64 },
    lockFree,
    [1, 2].map((i) => ({ key: le32(i), value: noise(8, i) })),
  ),
  typedShape(
    'typed percpu_hash',
    { type: 'percpu_hash', value_size: 8, map_flags: ZERO_SEED },
    (t) => [t.s32(), pair(t)],
    percpu(8, 30),
  ),
  typedShape(
    'typed percpu_hash of floats',
    { type: 'percpu_hash', map_flags: ZERO_SEED },
    (t) => [t.s32(), t.add('float', 'float', 4)],
    percpu(4, 33),
  ),
  typedShape(
    'typed percpu_hash of u32',
    { type: 'percpu_hash', map_flags: ZERO_SEED },
    (t) => [t.s32(), t.u32()],
    percpu(4, 30),
  ),
  typedShape('typed empty percpu_hash', { type: 'percpu_hash', map_flags: ZERO_SEED }, (t) => [t.s32(), t.u32()]),
  typedShape('typed percpu_array', { type: 'percpu_array', value_size: 8 }, lockFree, percpu(8, 31)),
  typedShape(
    'typed percpu_array of arrays',
    { type: 'percpu_array', value_size: 12 },
    (t) => [t.s32(), t.arr(t.u32(), 3)],
    percpu(12, 31),
  ),
  typedShape(
    'typed lru_percpu_hash',
    { type: 'lru_percpu_hash', value_size: 8, map_flags: ZERO_SEED, max_entries: 64 },
    lockFree,
    percpu(8, 32),
  ),
  typedShape(
    'typed lpm_trie',
    { type: 'lpm_trie', key_size: 8, map_flags: NO_PREALLOC, max_entries: 8 },
    (t) => [
      t.rec('lpm', 8, [
        ['prefixlen', t.u32(), 0],
        ['addr', t.be32(), 4],
      ]),
      t.s32(),
    ],
    lpm,
  ),
  typedShape('typed bloom_filter', { type: 'bloom_filter', key_size: 0 }, (t) => [0, t.u32()], [
    { key: '', value: '01000000' },
  ]),
  typedShape(
    'typed hash with a struct key',
    { key_size: 12, value_size: 8, map_flags: ZERO_SEED },
    (t) => [
      t.rec('k', 12, [
        ['a', t.u64(), 0],
        ['b', t.u32(), 8],
      ]),
      pair(t),
    ],
    [1, 2].map((i) => ({ key: noise(12, i), value: noise(8, i) })),
  ),
  typedShape('typed frozen array', { type: 'array', freeze: true, value_size: 8 }, lockFree),
  typedShape('sk_storage', { type: 'sk_storage', value_size: 8, max_entries: 0, map_flags: NO_PREALLOC }, lockFree),
  typedShape(
    'inode_storage',
    { type: 'inode_storage', value_size: 8, max_entries: 0, map_flags: NO_PREALLOC },
    lockFree,
  ),
  typedShape('task_storage', { type: 'task_storage', value_size: 8, max_entries: 0, map_flags: NO_PREALLOC }, lockFree),
  typedShape('cgrp_storage', { type: 'cgrp_storage', value_size: 8, max_entries: 0, map_flags: NO_PREALLOC }, lockFree),
];

const PASS = 'b700000002000000 9500000000000000';
const PROGS: readonly Shape[] = [
  {
    name: 'prog_array',
    prog_type: 'xdp',
    license: 'GPL',
    map: 0,
    lookups: [le32(1), le32(0)],
    progs: [
      { name: 'first', prog_name: 'first', insns: PASS },
      { name: 'second', prog_name: 'second', insns: PASS },
    ],
    maps: [
      {
        name: 'jmp',
        type: 'prog_array',
        key_size: 4,
        value_size: 4,
        max_entries: 4,
        updates: [
          { key: le32(1), value_prog_index: 0 },
          { key: le32(3), value_prog_index: 1 },
        ],
      },
    ],
  },
  {
    name: 'prog_array of tc programs',
    prog_type: 'sched_cls',
    license: 'GPL',
    map: 0,
    lookups: [le32(0)],
    progs: [{ name: 'only', prog_name: 'only', insns: 'b700000000000000 9500000000000000' }],
    maps: [
      {
        name: 'jmp',
        type: 'prog_array',
        key_size: 4,
        value_size: 4,
        max_entries: 2,
        updates: [{ key: le32(0), value_prog_index: 0 }],
      },
    ],
  },
  {
    name: 'empty prog_array',
    map: 0,
    lookups: [le32(0)],
    maps: [{ name: 'jmp', type: 'prog_array', key_size: 4, value_size: 4, max_entries: 2 }],
  },
];

const twin: MapRequest = {
  name: 'twin',
  type: 'hash',
  key_size: 4,
  value_size: 8,
  max_entries: 4,
  map_flags: ZERO_SEED,
};
const TWINS: readonly Shape[] = [
  {
    name: 'two of a name',
    map: 0,
    byName: 'twin',
    lookups: [],
    maps: [
      { ...twin, updates: [{ key: le32(1), value: noise(8, 3) }] },
      { ...twin, type: 'array', map_flags: 0 },
    ],
  },
  {
    name: 'two of a name, one typed',
    map: 0,
    byName: 'typedtwin',
    lookups: [],
    maps: [
      { ...TYPED[0]!.maps![0]!, name: 'typedtwin' },
      { ...twin, name: 'typedtwin' },
      { ...TYPED[0]!.maps![0]!, name: 'typedtwin' },
    ],
  },
];

export const SHAPES: readonly Shape[] = [...TWINS, ...VALUES, ...KEYS, ...PLAIN, ...TYPED, ...PROGS];
