import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bpflab, FRAME, inTemp } from './harness.ts';

const PROGRAM = `
.struct key { be32 addr
  be16 port
  u8 pad[2] }
.struct value { u8 saddr[16]
  u8 h_dest[6]
  u16 n
  u64 last_seen_ns }
.map table, type=hash, key=struct key, value=struct value, max_entries=8
.map q, type=queue, value=u32, max_entries=4
.map st, type=stack, value=u64, max_entries=4
.map raw, type=array, key=4, value=16, max_entries=2
.section "xdp"
.func main(struct xdp_md *ctx) -> int global
  r1 = table ll
  r1 = raw ll
  r1 = q ll
  r1 = st ll
  r0 = 2
  exit
`;
const MAPS = {
  table: [
    {
      key: { addr: '10.0.0.1', port: 80 },
      value: { saddr: 'fd00::1', h_dest: '02:00:00:00:00:01', n: 3, last_seen_ns: 997_500_000_000 },
    },
  ],
  q: [{ value: '01000000' }, { value: '02000000' }],
  st: [{ value: '0100000000000000' }, { value: '0200000000000000' }],
};

/** Runs the program on one packet with its maps filled. */
async function shown(...args: readonly string[]): Promise<string> {
  return inTemp({ 'p.bpf': PROGRAM, 'maps.json': JSON.stringify(MAPS) }, async (at) => {
    const ran = await bpflab(['run', at('p.bpf'), '-P', FRAME, '-q', '--map-init', at('maps.json'), ...args]);
    expect(ran.err).toBe('');
    return ran.out;
  });
}

describe('forms of maps', () => {
  test('typed: addresses, MACs, ports and times as people write them; queues and stacks too', async () => {
    expect(await shown('--map-dump', '--map-format', 'typed')).toBe(
      [
        'table  hash  key 8B  value 32B  1 of 8',
        '  addr 10.0.0.1, port 80 -> saddr fd00::1, h_dest 02:00:00:00:00:01, n 3, last_seen_ns 997500000000 (2.5 s ago)',
        'q  queue  value 4B  2 of 4',
        '  1',
        '  2',
        'st  stack  value 8B  2 of 4',
        '  1',
        '  2',
        'empty: raw',
        '',
      ].join('\n'),
    );
  });

  test('one map: exactly what bpftool prints for it', async () => {
    const plain = await shown('--map-dump', '--map-name', 'raw', '--map-format', 'bpftool');
    const zeros = '00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00';
    expect(plain).toBe(`key: 00 00 00 00  value: ${zeros}\nkey: 01 00 00 00  value: ${zeros}\nFound 2 elements\n`);
    const json = JSON.parse(await shown('--map-dump', '--map-name', 'table', '--map-format', 'bpftool-json'));
    expect(json[0].formatted.key).toEqual({ addr: 0x0100_000a, port: 0x5000, pad: [0, 0] });
    const pretty = await shown('--map-dump', '--map-name', 'raw', '--map-format', 'bpftool-pretty');
    expect(pretty.slice(0, 30)).toBe('[{\n        "key": ["0x00","0x0');
  });

  test('several maps: as bpftool prints several of one name; its JSON fills them again', async () => {
    const plain = await shown('--map-dump', '--map-name', 'raw,q', '--map-format', 'bpftool');
    expect(plain).toMatch(
      /^2: queue {2}name q {2}flags 0x0\nFound 0 elements\n\n4: array {2}name raw {2}flags 0x0\nkey: /,
    );
    await inTemp({ 'p.bpf': PROGRAM, 'maps.json': JSON.stringify(MAPS) }, async (at) => {
      const run = ['run', at('p.bpf'), '-P', FRAME, '-q', '--map-init'];
      await bpflab([...run, at('maps.json'), '--map-dump', at('out.json'), '--map-format', 'bpftool-json']);
      expect(JSON.parse(readFileSync(at('out.json'), 'utf8'))[0]).toMatchObject({ id: 1, name: 'table', flags: 0 });
      const again = await bpflab([...run, at('out.json'), '--map-name', 'table', '--maps', 'all']);
      expect(again.out).toContain('addr 10.0.0.1, port 80 -> saddr fd00::1');
    });
  });

  test('--map-show lists them', async () => {
    expect(await shown('--map-show', '--map-name', 'table,q')).toBe(
      '1: hash  name table  flags 0x0\n\tkey 8B  value 32B  max_entries 8  memlock 1856B\n\tbtf_id 1\n' +
        '2: queue  name q  flags 0x0\n\tkey 0B  value 4B  max_entries 4  memlock 284B\n',
    );
    expect(JSON.parse(await shown('--map-show', '--map-format', 'bpftool-json'))).toHaveLength(4);
  });

  test('--json has bytes and typed values, of the maps that are wanted', async () => {
    const { maps } = JSON.parse(await shown('--json', '--map-name', 'table,st'));
    expect(maps.map((m: { name: string }) => m.name)).toEqual(['table', 'st']);
    expect(maps[0].elements[0].key).toEqual(['0x0a', '0x00', '0x00', '0x01', '0x00', '0x50', '0x00', '0x00']);
    expect(maps[0].elements[0].formatted.key).toEqual({ addr: 0x0a00_0001, port: 80, pad: [0, 0] });
    expect(maps[1].elements[1]).toEqual({ value: ['0x02', ...Array(7).fill('0x00')] });
  });

  test('a map that is not there is told before anything runs', async () => {
    await inTemp({ 'p.bpf': PROGRAM }, async (at) => {
      const ran = await bpflab(['run', at('p.bpf'), '-P', FRAME, '--map-dump', '--map-name', 'tabel']);
      expect(ran.err).toMatch(/no map 'tabel'; there are: table, q, st, raw\n.*did you mean 'table'\?/);
      expect([ran.status, ran.out]).toEqual([2, '']);
    });
  });
});
