import { describe, expect, test } from 'vitest';
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import type { AgentMap, OpenedMap } from '../../../src/kernel/agent/openOrCreate.ts';
import { agentWarningLine, openOrCreateMap } from '../../../src/kernel/agent/openOrCreate.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { ctMapList } from '../../../src/kernel/replay/report.ts';
import type { MapRecord } from '../../../src/kernel/world.ts';
import { dumpMap, userLookup } from '../../../src/maps/user.ts';
import { problemText } from '../../../src/util/problem.ts';
import { CT_MAP, ctKey, ctValue, mapOf, newKernel, put } from './entries.ts';

const PATH = '/sys/fs/bpf/tc/globals/cilium_ct4_global';
const CT4: AgentMap = { path: PATH, request: { name: 'cilium_ct4_global', ...CT_MAP, max_entries: 524 } };
const KEY = ctKey(['10.5.224.91', 40356], ['192.168.64.195', 6379], 1);

function open(kernel: Kernel, wanted: AgentMap): OpenedMap {
  const opened = openOrCreateMap(kernel, wanted);
  if (!opened.ok) throw new Error(opened.problems.map(problemText).join());
  return opened.value;
}

function lines({ warnings }: OpenedMap): string[] {
  return warnings.map(agentWarningLine);
}

function changed(change: Partial<AgentMap['request']>): AgentMap {
  return { ...CT4, request: { ...CT4.request, ...change } };
}

describe('a map over restarts', () => {
  test('is made once, then used again with what it holds', () => {
    const kernel = newKernel();
    const first = open(kernel, CT4);
    expect(first).toMatchObject({ isNew: true, warnings: [] });
    expect(kernel.pinned(PATH)).toBe(first.map);
    put(kernel, first.map, KEY, ctValue(1));
    expect(kernel.close(first.map)).toBe(0);
    const second = open(kernel, CT4);
    expect(second).toEqual({ map: first.map, isNew: false, warnings: [] });
    expect(userLookup(kernel.maps, second.map.address, KEY)).toEqual(ctValue(1));
  });

  test('of another size loses what it holds, and says so', () => {
    const kernel = newKernel();
    const wanted = (max_entries: number): AgentMap => ({
      path: '/sys/fs/bpf/tc/globals/cilium_small',
      request: { name: 'cilium_small', ...CT_MAP, max_entries },
    });
    const old = open(kernel, wanted(524)).map;
    put(kernel, old, KEY, ctValue(1));
    kernel.close(old);
    const second = open(kernel, wanted(624));
    expect(second.isNew).toBe(true);
    expect(lines(second)).toEqual([
      'level=warning msg="Max entries mismatch for BPF map"                                  ' +
        'file-path=/sys/fs/bpf/tc/globals/cilium_small new=624 old=524',
      'level=warning msg="Removing map to allow for property upgrade (expect map data loss)" ' +
        'file-path=/sys/fs/bpf/tc/globals/cilium_small',
    ]);
    expect(dumpMap(kernel.maps, second.map.address)).toEqual([]);
    expect(kernel.world.maps).toEqual([second.map]);
  });

  test.each([
    [{ type: 'hash' }, 'Map type', 'new=Hash old="LRU hash"'],
    [{ key_size: 16 }, 'Key-size', 'new=16 old=14'],
    [{ value_size: 48 }, 'Value-size', 'new=48 old=56'],
    [{ max_entries: 600 }, 'Max entries', 'new=600 old=524'],
    [{ map_flags: 2 }, 'Flags', 'new=2 old=0'],
  ])('%j is warned of', (change, what, values) => {
    const kernel = newKernel();
    kernel.close(open(kernel, CT4).map);
    const [line, removing, ...rest] = lines(open(kernel, changed(change)));
    expect(line!.replace(/ +/g, ' ')).toBe(
      `level=warning msg="${what} mismatch for BPF map" file-path=${PATH} ${values}`,
    );
    expect(removing).toContain('Removing map');
    expect(rest).toEqual([]);
  });

  test('each attribute has its warning, in this order', () => {
    const kernel = newKernel();
    kernel.close(open(kernel, CT4).map);
    const opened = open(
      kernel,
      changed({ max_entries: 600, value_size: 48, type: 'hash', key_size: 16, map_flags: 1 }),
    );
    expect(opened.warnings.map((w) => w.msg.split(' ')[0])).toEqual([
      'Map',
      'Key-size',
      'Value-size',
      'Max',
      'Flags',
      'Removing',
    ]);
  });

  test('a prog_array is kept as it is', () => {
    const kernel = newKernel();
    const calls = (max_entries: number): AgentMap => ({
      path: '/sys/fs/bpf/tc/globals/cilium_calls_00571',
      request: { name: 'cilium_calls_00571', type: 'prog_array', key_size: 4, value_size: 4, max_entries },
    });
    const { map } = open(kernel, calls(25));
    const second = open(kernel, calls(26));
    expect(second).toMatchObject({ map, isNew: false });
    expect(second.warnings.map((w) => [w.msg, w.change])).toEqual([
      ['Max entries mismatch for BPF map', { old: 25, new: 26 }],
    ]);
  });

  test('one that is not persistent is always made anew, without a word', () => {
    const kernel = newKernel();
    const { map } = open(kernel, CT4);
    const second = open(kernel, { ...CT4, nonPersistent: true });
    expect(second).toMatchObject({ isNew: true, warnings: [] });
    expect(second.map.id).not.toBe(map.id);
    expect(kernel.pinned(PATH)).toBe(second.map);
  });

  test('maps in maps have a template', () => {
    const kernel = newKernel();
    const inner = mapOf(kernel, { maps: [{ type: 'hash', key_size: 4, value_size: 4, max_entries: 4 }] });
    const request = { name: 'outer', type: 'hash_of_maps', key_size: 4, value_size: 4, max_entries: 4 };
    const wanted: AgentMap = { path: '/sys/fs/bpf/outer', request, inner };
    expect(open(kernel, wanted).isNew).toBe(true);
    expect(open(kernel, wanted).isNew).toBe(false);
  });

  test('what fails changes nothing', () => {
    const kernel = newKernel();
    open(kernel, CT4);
    const before = kernel.world;
    const texts = (wanted: AgentMap) => {
      const opened = openOrCreateMap(kernel, wanted);
      return opened.ok ? [] : opened.problems.map(problemText);
    };
    expect(texts(changed({ max_entries: 0 }))).toEqual([
      'map cilium_ct4_global: bpf(BPF_MAP_CREATE) fails with EINVAL (22)',
    ]);
    expect(texts({ ...CT4, path: '/tmp/map' })).toEqual([
      'map cilium_ct4_global: pinning at /tmp/map fails with EPERM (1)',
    ]);
    expect(kernel.world).toBe(before);
  });
});

/** Writes one entry into the conntrack map; the lifetime is the packet's length. */
const DATAPATH = `
.section license
.asciz "GPL"
.map cilium_ct4_global, type=lru_hash, key=14, value=56, max_entries=524, pinning=by_name
.section "xdp"
.func datapath(struct xdp_md *ctx) -> int
    r2 = *(u32 *)(r1 + xdp_md.data)
    r3 = *(u32 *)(r1 + xdp_md.data_end)
    r3 -= r2
    r4 = 0
    *(u64 *)(r10 - 16) = r4
    r5 = 0x0106
    *(u16 *)(r10 - 4) = r5
    *(u64 *)(r10 - 72) = r4
    *(u64 *)(r10 - 64) = r4
    *(u64 *)(r10 - 56) = r4
    *(u64 *)(r10 - 48) = r4
    *(u64 *)(r10 - 40) = r3
    *(u64 *)(r10 - 32) = r4
    *(u64 *)(r10 - 24) = r4
    *(u32 *)(r10 - 8) = r4
    r1 = cilium_ct4_global ll
    r2 = r10
    r2 += -16
    r3 = r10
    r3 += -72
    r4 = 0
    call bpf_map_update_elem
    r0 = 2
    exit
`;

test('programs go on writing to the map they were loaded with, until they are replaced', () => {
  const { object } = assemble(DATAPATH, { file: 'datapath.bpf' });
  const request = object && toRequest(object);
  if (!request?.ok) throw new Error('does not assemble');
  const kernel = newKernel();
  const pins = '/sys/fs/bpf/tc/globals';
  const load = (ct: MapRecord) => kernel.load(request.value, { pins, maps: { cilium_ct4_global: ct } }).progs[0]!;
  const restart = (max_entries: number): MapRecord => {
    const { map } = open(kernel, changed({ max_entries }));
    kernel.close(map);
    return map;
  };
  const old = restart(524);
  const first = load(old);
  kernel.close(old);
  const send = (prog: typeof first, length: number) => kernel.testRun(prog, { data: new Uint8Array(length) }).finish();
  send(first, 64);
  expect(ctMapList(kernel, old)).toHaveLength(1);

  const grown = restart(1048);
  expect(grown.id).not.toBe(old.id);
  // The list reads the pinned map; the program still has the old one.
  send(first, 65);
  expect(ctMapList(kernel, kernel.pinned(PATH) as MapRecord)).toEqual([]);
  expect(ctMapList(kernel, old)[0]).toContain(' expires=65 ');

  const second = load(grown);
  kernel.close(first);
  expect(kernel.world.maps).toEqual([grown]);
  send(second, 66);
  expect(ctMapList(kernel, grown)[0]).toMatch(/^TCP IN .* expires=66 RxPackets=0 /);
});
