import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bpflab, FRAME, inTemp, NODE_RUN } from './harness.ts';

const TYPED = `
.struct key { be32 addr
  be16 port
  u8 pad[2] }
.struct value { u8 mac[6]
  u16 n
  u64 big }
.map table, type=hash, key=struct key, value=struct value, max_entries=8
.map counters, type=percpu_array, key=u32, value=u64, max_entries=2
.map raw, type=hash, key=4, value=2, max_entries=4
.section "xdp"
.func main(struct xdp_md *ctx) -> int global
  r1 = table ll
  r1 = counters ll
  r1 = raw ll
  r0 = 2
  exit
`;

describe('--map-init and --map-dump', () => {
  test('what is dumped fills maps again, byte for byte', async () => {
    await inTemp({}, async (at) => {
      await bpflab([...NODE_RUN, '-q', '--map-dump', at('dump.json')]);
      const first = readFileSync(at('dump.json'), 'utf8');
      // No packet of this capture changes a map of the node when its dump is loaded and nothing runs.
      const again = await bpflab([
        'run',
        'programs/lb/node.bpf',
        '--prog',
        'tc_main',
        '--packet',
        '00'.repeat(14),
        '-q',
        '--map-init',
        at('dump.json'),
        '--map-dump',
      ]);
      expect(again.status).toBe(0);
      const [a, b] = [JSON.parse(first), JSON.parse(again.out)];
      const sorted = (list: { key: string[] }[]) => [...list].sort((x, y) => x.key.join().localeCompare(y.key.join()));
      for (const name of ['cilium_ct4_global', 'cilium_lb4_services_v2', 'cilium_ipcache', 'cilium_policy']) {
        expect(a[name].length).toBeGreaterThan(1);
        expect(sorted(b[name])).toEqual(sorted(a[name]));
      }
    });
  });

  test('elements are bytes as bpftool prints them, and typed where there is BTF', async () => {
    const table = [
      {
        key: ['0x0a', '0x00', '0x00', '0x01', '0x00', '0x50', '0x00', '0x00'],
        value: ['0x02', '0x00', '0x00', '0x00', '0x00', '0x01', '0x07', '0x00', ...Array(8).fill('0xff')],
      },
      { key: { addr: '10.0.0.2', port: 443 }, value: { mac: '02:00:00:00:00:02', n: 1 } },
    ];
    const counters = [
      {
        key: 0,
        values: [
          { cpu: 0, value: 5 },
          { cpu: 1, value: 6 },
        ],
      },
      { key: 1, value: 9 },
    ];
    const raw = [{ key: '01000000', value: ['1', 2].map(() => 255) }];
    const files = { 'typed.bpf': TYPED, 'maps.json': JSON.stringify({ table, counters, raw }) };
    await inTemp(files, async (at) => {
      const args = ['run', at('typed.bpf'), '--packet', FRAME, '--cpus', '2', '--map-init', at('maps.json'), '-q'];
      const dump = JSON.parse((await bpflab([...args, '--map-dump'])).out);
      expect(dump.table).toHaveLength(2);
      expect(dump.table.find((e: { key: string[] }) => e.key[3] === '0x01')).toMatchObject({
        ...table[0],
        formatted: { key: { port: 80 }, value: { mac: [2, 0, 0, 0, 0, 1], n: 7, big: '18446744073709551615' } },
      });
      expect(dump.counters[0].formatted).toEqual({
        key: 0,
        values: [
          { cpu: 0, value: 5 },
          { cpu: 1, value: 6 },
        ],
      });
      expect(dump.counters[1].values.map((v: { value: string[] }) => v.value[0])).toEqual(['0x09', '0x09']);
      expect(dump.raw).toEqual([{ key: ['0x01', '0x00', '0x00', '0x00'], value: ['0xff', '0xff'] }]);
      const { out } = await bpflab([...args, '--maps', 'all']);
      expect(out).toContain('addr 10.0.0.2, port 443 -> mac 02:00:00:00:00:02, n 1, big 0');
      expect(out).toContain('[cpu 0] 5 [cpu 1] 6');
      expect(out).toContain('1 -> ff ff');
    });
  });

  test.each([
    ['{"table": 3}', /map table is no list of elements/],
    ['{"table": [3]}', /element 0: an object with key and value is wanted/],
    ['{"table": [{"key": ["0x00"], "value": 1}]}', /key: an object is wanted|key: 1 bytes, 8 are wanted/],
    ['{"table": [{"key": {"adr": 1}, "value": {}}]}', /key: struct key has no member adr; did you mean addr\?/],
    ['{"table": [{"key": {"port": 65536}, "value": {}}]}', /port: 65536 does not fit into 2 bytes/],
    ['{"raw": [{"key": 1, "value": 2}]}', /key: 4 are wanted, as a list of bytes or hex text/],
    ['{"raw": [{"key": "00000000"}]}', /value: is missing/],
    ['{"counters": [{"key": 7, "value": 1}]}', /the update fails with E2BIG: max_entries is 2/],
    ['{"table": [{"key": {}, "value": {"mac": "02:00"}}]}', /mac: "02:00" is neither a MAC address nor a list of 6/],
    ['{"table": [{"value": {}}]}', /element 0: key: is missing/],
    ['{"tabel": []}', /there is no map tabel\n.*did you mean 'table'/],
  ])('%s is refused', async (json, says) => {
    await inTemp({ 'typed.bpf': TYPED, 'maps.json': json }, async (at) => {
      const ran = await bpflab(['run', at('typed.bpf'), '--packet', FRAME, '--map-init', at('maps.json')]);
      expect(ran.err).toMatch(says);
      expect(ran.status).toBe(2);
    });
  });

  test('a dump with read-only data goes back in; other data does not', async () => {
    const text = '.rodata\ncfg: .long 5\n.section "xdp"\nmain: r1 = cfg ll\nr0 = *(u32 *)(r1 + 0)\nexit\n';
    await inTemp({ 'ro.bpf': text }, async (at) => {
      const args = ['run', at('ro.bpf'), '--packet', FRAME, '-q', '--map-dump', at('out.json')];
      expect((await bpflab(args)).status).toBe(0);
      const dump = readFileSync(at('out.json'), 'utf8');
      expect((await bpflab([...args, '--map-init', at('out.json')])).status).toBe(0);
      expect(readFileSync(at('out.json'), 'utf8')).toBe(dump);
      writeFileSync(at('other.json'), dump.replace('0x05', '0x06'));
      const other = await bpflab([...args, '--map-init', at('other.json')]);
      expect(other.err).toMatch(/map ro\.rodata, element 0: the map is read-only for user space \(EPERM\)/);
      expect(other.status).toBe(2);
    });
  });

  test('a directory fills the maps that its files are named after; others are named, not lost', async () => {
    await inTemp({ 'typed.bpf': TYPED, 'raw.json': '[{"key": "02000000", "value": "0001"}]' }, async (at) => {
      const { out } = await bpflab(['run', at('typed.bpf'), '--packet', FRAME, '--map-init', at(''), '--maps', 'all']);
      expect(out).toContain('2 -> 00 01');
    });
    const ran = await bpflab(['run', 'programs/lb/tc.bpf', '--packet', FRAME, '--map-init', 'programs/demo/maps.json']);
    expect(ran.err).toMatch(/note: .*maps\.json: not in this program, skipped: cilium_nodeport_neigh4/);
    expect(ran.status).toBe(0);
  });
});
