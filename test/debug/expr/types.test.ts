import { describe, expect, test } from 'vitest';
import { BtfBuilder } from '../../../src/btf/builder.ts';
import { parseBtf } from '../../../src/btf/parse.ts';
import { assignment, place } from '../../../src/debug/expr/index.ts';
import { memberNamed, memberNames, structAt } from '../../../src/debug/expr/structs.ts';
import { Session } from '../../../src/debug/session/session.ts';
import { toHex } from '../../../src/util/hex.ts';
import { inputOf, need } from '../session/make.ts';
import { parsed, shown } from './make.ts';

/** A hash by an enum with a value of every kind of member, and a section with two variables. */
function types(): { blob: string; key: number; value: number; section: number } {
  const b = new BtfBuilder();
  const u8 = b.int('unsigned char', 1);
  const u32 = b.int('unsigned int', 4);
  const s16 = b.int('short', 2, { signed: true });
  const s64 = b.int('long', 8, { signed: true });
  const be16 = b.typedef('__be16', b.int('unsigned short', 2));
  const state = b.enum('state', [
    ['CLOSED', 0],
    ['OPEN', 1],
  ]);
  const members = (name: string, size: number, list: readonly (readonly [string, number, number, number?])[]) =>
    b.add(
      'struct',
      name,
      size,
      list.flatMap(([n, type, bit, bits = 0]) => [b.string(n), type, bit | (bits << 24)]),
      list.length,
      true,
    );
  const inner = members('inner', 4, [
    ['port', be16, 0],
    ['delta', s16, 16],
  ]);
  const anonymous = members('', 8, [
    ['x', u32, 0],
    ['y', u32, 32],
  ]);
  const value = members('value', 48, [
    ['state', state, 0],
    ['low', u32, 32, 3],
    ['high', u32, 35, 13],
    ['ends', b.array(inner, u32, 2), 64],
    ['', anonymous, 128],
    ['big', s64, 192],
    ['mac', b.array(u8, u32, 8), 256],
    ['next', b.ptr(inner), 320],
  ]);
  const section = b.datasec('.data', 8, [
    { type: b.var('limit', u32, true), offset: 0, size: 4 },
    { type: b.var('end', inner, true), offset: 4, size: 4 },
  ]);
  return { blob: toHex(b.build()), key: state, value, section };
}

function session(): Session {
  const { blob, key, value, section } = types();
  const input = inputOf('.section "xdp"\nmain:\nr0 = 2\nexit\n');
  const bytes =
    '01000000' +
    '2d000000' +
    '0050feff' +
    '01bb0100' +
    '07000000' +
    '08000000' +
    'fbffffffffffffff' +
    '0200000000010000' +
    '0000000000000000';
  const request = {
    ...input.request,
    maps: [
      {
        name: 'values',
        type: 'hash',
        key_size: 4,
        value_size: 48,
        max_entries: 4,
        btf: blob,
        btf_key_type_id: key,
        btf_value_type_id: value,
        updates: [{ key: '01000000', value: bytes }],
      },
      {
        name: 'lb.data',
        type: 'array',
        key_size: 4,
        value_size: 8,
        max_entries: 1,
        btf: blob,
        btf_key_type_id: 0,
        btf_value_type_id: section,
        updates: [{ key: '00000000', value: '2a0000000050ffff' }],
      },
    ],
  };
  return need(Session.open({ ...input, request }));
}

describe('members of values by their types', () => {
  const s = session();
  const of = (text: string) => shown(s.view(), text);
  const set = (target: string, value: string) => {
    const edit = assignment(target, value, s.view());
    const done = edit.ok ? s.edit(edit.value) : edit;
    return done.ok ? of(target) : 'refused';
  };

  test('are read', () => {
    expect(of('values[1].state')).toBe('OPEN');
    expect(of('values[1].state == 1')).toBe('1');
    expect(of('values[1].low')).toBe('5');
    expect(of('values[1].high')).toBe('5');
    expect(of('values[1].ends[0].port')).toBe('80');
    expect(of('values[1].ends[1].port == 443')).toBe('1');
    expect(of('values[1].ends[0].delta')).toBe('-2');
    expect(of('values[1].ends[0].delta s< 0')).toBe('1');
    expect(of('values[1].ends[1]')).toBe('{port 443, delta 1}');
    expect(of('values[1].ends[2]')).toBe('16: index 2 is out of range: 0 to 1');
    expect(of('values[1].x + values[1].y')).toBe('15');
    expect(of('values[1].big')).toBe('-5');
    expect(of('values[1].mac')).toBe('02:00:00:00:00:01');
    expect(of('values[1].mac == 02:00:00:00:00:01')).toBe('1');
    expect(of('values[1].next')).toBe('0x0');
    expect(of('values[1].next->port')).toBe('1: 2-byte read at 0x0: a NULL pointer');
    expect(of('values[1].z')).toBe('1: struct value has no field z');
    expect(of('values[1].big.x')).toBe('1: this has no members');
    expect(of('(*(struct value *)0).big')).toBe('1: 8-byte read at 0x18: a NULL pointer');
  });

  test('keys by the names of an enum', () => {
    expect(of('values[OPEN].state == OPEN')).toBe('1');
    expect(of('values[OPENED]')).toBe("8: unknown name 'OPENED'");
    expect(of('values[0] == absent')).toBe('1');
  });

  test('sections: variables by name', () => {
    expect(of('lb.data.limit')).toBe('42');
    expect(of('lb.data.end.port')).toBe('80');
    expect(of('"lb.data".end.delta')).toBe('-1');
    expect(of('lb.data[0].limit')).toBe('42');
    expect(of('lb.data[0][0:4]')).toBe('42');
    expect(of('lb.data.limits')).toBe('1: datasec .data has no field limits');
    expect(place(parsed('lb.data.end.port'), s.view())).toMatchObject({
      kind: 'map',
      map: 'lb.data',
      offset: 4,
      size: 2,
    });
  });

  test('are set', () => {
    expect(set('values[1].low', '7')).toBe('7');
    expect(of('values[1].high')).toBe('5');
    expect(set('values[1].high', '0x1fff')).toBe('8191');
    expect(of('values[1].low')).toBe('7');
    expect(set('values[1].low', '8')).toBe('refused');
    expect(set('values[1].ends[1].port', '8080')).toBe('8080');
    expect(set('values[1].ends[1].delta', '-7')).toBe('-7');
    expect(set('values[1].ends[0]', '{port: 1, delta: -1}')).toBe('{port 1, delta -1}');
    expect(set('values[1].state', 'OPEN')).toBe('OPEN');
    expect(set('values[1].state', '0')).toBe('CLOSED');
    expect(set('values[1].mac', '02:00:00:00:00:09')).toBe('02:00:00:00:00:09');
    expect(set('values[0].big', '-1')).toBe('-1');
    expect(set('lb.data.limit', '9')).toBe('9');
  });
});

test('types that hold themselves a thousand times over are given up', () => {
  const b = new BtfBuilder();
  const u32 = b.int('unsigned int', 4);
  let type = b.add('struct', '', 4, [b.string('x'), u32, 0], 1);
  for (let i = 0; i < 12; i++) type = b.add('union', '', 4, Array(200).fill([0, type, 0]).flat(), 200);
  const btf = need(parseBtf(b.build()));
  expect(memberNamed(btf, type, 'x')).toMatchObject({ offset: 0 });
  expect(memberNamed(btf, type, 'y')).toBeUndefined();
  expect(structAt({ kind: 'btf', btf, id: type, name: '' }, 2)).toBeUndefined();
  expect(memberNames(btf, type).length).toBeLessThan(20_001);
});
