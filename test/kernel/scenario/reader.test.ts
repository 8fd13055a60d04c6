/** Scenario files: every key good and bad, and what is said of them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { scenarioTables } from '../../../src/kernel/scenario/file/document.ts';
import { scenarioSchema } from '../../../src/kernel/scenario/file/schema.ts';
import { fitsSchema, full, type Json, problems, scenarioOf } from './files.ts';

/** A file with these steps, on a node with eth0, a namespace with a listener, and an agent. */
const withSteps = (...steps: unknown[]): Json => ({
  bpflab: 1,
  node: {
    devices: [{ name: 'eth0' }],
    cgroups: ['/pods'],
    namespaces: {
      pod: {
        devices: [{ name: 'eth0', peer: 'host/lxc1' }],
        sockets: [{ name: 'web', proto: 'tcp', addr: '0.0.0.0', port: 80 }],
      },
    },
  },
  agent: {},
  steps,
});
const withNode = (node: Json): Json => ({ bpflab: 1, node });
const expecting = (expectation: unknown): Json => withSteps({ advance: 1, expect: expectation });
const PACKET = { in: 'eth0', ipv4: {} };

describe('good files', () => {
  test('every key is read, and the schema takes it', () => {
    const json = full();
    expect(problems(json)).toEqual([]);
    expect(fitsSchema(json)).toBe(true);
    const { node, ...rest } = scenarioOf(json);
    expect({ ...rest, cgroups: node.cgroups, cables: node.namespaces.map((n) => n.cables) }).toMatchSnapshot();
    expect(node.namespaces.map((n) => n.sockets)).toMatchSnapshot();
  });

  test('defaults', () => {
    const { node, ...rest } = scenarioOf({ bpflab: 1 });
    expect(rest).toEqual({ name: 'pod', programs: [], maps: [], mapFiles: [], steps: [] });
    const { namespaces, ...others } = node;
    expect(others).toEqual({ cpus: 1, clockNs: 1_000_000_000_000n, seed: 1, stackFill: 0, cgroups: [] });
    expect(namespaces.map((n) => [n.name, n.net.devices.length, n.cables, n.sockets])).toEqual([['host', 1, [], []]]);
  });

  test.each([
    [30, 30_000_000_000n],
    [0.5, 500_000_000n],
    ['10ns', 10n],
    ['5us', 5_000n],
    ['3ms', 3_000_000n],
    ['1.5s', 1_500_000_000n],
    ['1h30m', 5_400_000_000_000n],
    ['365d', 31_536_000_000_000_000n],
  ])('advance: %s', (given, ns) => {
    expect(scenarioOf(withSteps({ advance: given })).steps[0]!.action).toEqual({ do: 'advance', ns });
  });

  test.each([
    ['10.0.1.10:40000', { addr: '10.0.1.10', port: 40000 }],
    [':40000', { port: 40000 }],
    ['10.0.1.10', { addr: '10.0.1.10' }],
    ['fd00::1', { addr: 'fd00::1' }],
    ['[fd00::1]:53', { addr: 'fd00::1', port: 53 }],
  ])('from: %s', (from, is) => {
    const [step] = scenarioOf(withSteps({ connect: { socket: 'c', to: '[fd00::2]:80', from } })).steps;
    expect(step!.action).toMatchObject({ from: is, to: { addr: 'fd00::2', port: 80 } });
  });

  test('a pair between namespaces: either end names the other, both ends have defaults of their own', () => {
    const one = scenarioOf(withNode({ namespaces: { a: { devices: [{ name: 'e', peer: 'host/v' }] } } })).node;
    const other = scenarioOf(withNode({ devices: [{ name: 'v', peer: 'a/e' }], namespaces: { a: {} } })).node;
    const both = scenarioOf(
      withNode({
        devices: [{ name: 'v', peer: 'a/e' }],
        namespaces: { a: { devices: [{ name: 'e', peer: 'host/v' }] } },
      }),
    ).node;
    expect(other).toEqual(one);
    expect(both).toEqual(one);
    expect(one.namespaces.map((n) => n.cables)).toEqual([
      [{ dev: 'v', peerNs: 'a', peerDev: 'e' }],
      [{ dev: 'e', peerNs: 'host', peerDev: 'v' }],
    ]);
    const [host, a] = one.namespaces.map((n) => n.net.devices[1]!);
    expect([host!.type, a!.type, host!.up, host!.peer]).toEqual(['veth', 'veth', true, undefined]);
    expect(host!.mac).not.toEqual(a!.mac);
  });

  test('an accepted connection has its listener’s name; a name is free again once its socket is closed', () => {
    const connect = { connect: { socket: 'c', to: '10.0.0.1:80' } };
    expect(problems(withSteps({ close: 'web#1' }, connect, { close: 'c' }, connect))).toEqual([]);
  });

  test('devices that commands have made can be named', () => {
    expect(problems(withSteps({ set: 'ip link add d0 type dummy' }, { packet: { in: 'd0', bytes: '00' } }))).toEqual(
      [],
    );
  });
});

/** What is wrong, and what is said of it. Structural ones are refused by the schema too. */
const WRONG: readonly (readonly [unknown, ...string[]])[] = [
  [null, 'null, wanted: a mapping with bpflab, name'],
  [{}, 'bpflab: nothing, wanted: 1'],
  [{ bpflab: 2 }, 'bpflab: 2, wanted: 1'],
  [{ bpflab: 1, nme: 'x' }, "nme: there is no key 'nme' here"],
  [{ bpflab: 1, name: 7 }, 'name: 7, wanted: a text'],
  [{ bpflab: 1, map_files: [1] }, 'map_files[0]: 1, wanted: a text'],
  [{ bpflab: 1, maps: { m: [{ kee: 1 }] } }, "maps.m[0].kee: there is no key 'kee' here"],
  [withNode({ cpus: 65 }), 'node.cpus: 65, wanted: a whole number from 1 to 64'],
  [withNode({ clock: '5 minutes' }), 'node.clock: "5 minutes", wanted: a duration such as'],
  [withNode({ clock: -1 }), 'node.clock: -1, wanted: a duration'],
  [withNode({ seed: 1.5 }), 'node.seed: 1.5'],
  [withNode({ bpflab: 1 }), "node.bpflab: there is no key 'bpflab' here"],
  [withNode({ devices: [{ name: 'a', mac: '02' }] }), 'node.devices[0].mac: "02", wanted: a MAC address'],
  [withNode({ devices: [{ mtu: 9 }] }), 'node.devices[0].name: nothing, wanted: a text'],
  [withNode({ namespaces: { 'a b': {} } }), 'node.namespaces.a b: "a b", wanted: a name of letters'],
  [withNode({ namespaces: { a: { cpus: 1 } } }), "node.namespaces.a.cpus: there is no key 'cpus' here"],
  [withNode({ namespaces: { a: { nsid: -1 } } }), 'node.namespaces.a.nsid: -1, wanted: a whole number'],
  [
    withNode({ namespaces: { a: { sockets: [{ proto: 'tcp', addr: '::', port: 1, serve: 'ecco' }] } } }),
    'serve: "ecco", wanted: one of sink, echo, idle',
  ],
  [withNode({ cgroups: ['pods'] }), 'node.cgroups[0]: "pods", wanted: the path of a cgroup'],
  [{ bpflab: 1, programs: [{}] }, 'programs[0].file: nothing'],
  [{ bpflab: 1, programs: [{ file: 'a', define: { A: 'x' } }] }, 'programs[0].define.A: "x", wanted: a whole number'],
  [
    { bpflab: 1, programs: [{ file: 'a', allow: ['everything'] }] },
    'programs[0].allow[0]: "everything", wanted: one of sk-storage',
  ],
  [
    { bpflab: 1, programs: [{ file: 'a', verify: 'maybe' }] },
    'programs[0].verify: "maybe", wanted: one of accept, skip',
  ],
  [{ bpflab: 1, programs: [{ file: 'a', verify: { reject: 1 } }] }, 'programs[0].verify.reject: 1'],
  [withSteps({ attach: { prog: 'p', hook: 'tc' } }), 'steps[0].attach.hook: "tc", wanted: one of xdp, tcx_ingress'],
  [
    withSteps({ attach: { prog: 'p', hook: 'xdp' } }),
    'steps[0].attach: {"prog":"p","hook":"xdp"}, wanted: dev, the device of xdp',
  ],
  [
    withSteps({ attach: { prog: 'p', hook: 'cgroup_inet4_connect' } }),
    'wanted: cgroup, the cgroup of cgroup_inet4_connect',
  ],
  [withSteps({ attach: { prog: 'p', hook: 'fentry', dev: 'eth0' } }), 'wanted: no dev for fentry'],
  [
    withSteps({ attach: { prog: 'p', hook: 'tc_egress', dev: 'eth0', mode: 'generic' } }),
    'wanted: no mode for tc_egress',
  ],
  [{ bpflab: 1, agent: { gc: {} } }, 'agent.gc.maps: nothing'],
  [
    { bpflab: 1, agent: { gc: { maps: [], interval: 'often' } } },
    'agent.gc.interval: "often", wanted: adaptive, or a duration',
  ],
  [{ bpflab: 1, agent: { maps: { m: { max_entries: 0 } } } }, 'agent.maps.m.max_entries: 0'],
  [{ bpflab: 1, steps: {} }, 'steps: {}, wanted: a list'],
  [withSteps('advance'), 'steps[0]: "advance", wanted: a mapping with note, cpu'],
  [withSteps({ note: 'x' }), 'steps[0]: {"note":"x"}, wanted: one action: one of packet, pcap'],
  [withSteps({ advance: 1, close: 'web' }), 'wanted: one action'],
  [withSteps({ advanse: 1 }), "steps[0].advanse: there is no key 'advanse' here"],
  [withSteps({ advance: '366d' }, { advance: 1 }), 'at most 365 days'],
  [withSteps({ packet: { ipv4: {} } }), 'steps[0].packet.in: nothing, wanted: a device'],
  [withSteps({ packet: { in: 'eth0' } }), 'wanted: one description of the packet'],
  [withSteps({ packet: { ...PACKET, bytes: '00' } }), 'wanted: one description of the packet'],
  [withSteps({ packet: { in: 'eth0', bytes: '0' } }), 'steps[0].packet.bytes: "0", wanted: bytes in hexadecimal'],
  [withSteps({ packet: { in: 'eth0', ipv5: {} } }), "steps[0].packet.ipv5: there is no key 'ipv5' here"],
  [
    withSteps({ packet: { in: 'eth0', ipv4: { src: '10.0.0.300' } } }),
    'steps[0].packet.ipv4.src: "10.0.0.300", wanted: an IPv4 address',
  ],
  [
    withSteps({ packet: { in: 'eth0', ipv4: { ttl: 256 } } }),
    'steps[0].packet.ipv4.ttl: 256, wanted: a number from 0 to 255',
  ],
  [
    withSteps({ packet: { in: 'eth0', tcp: { flags: 'Q' } } }),
    'steps[0].packet.tcp.flags: "Q", wanted: a number from 0 to 255 or flags',
  ],
  [
    withSteps({ packet: { in: 'eth0', layers: [{ ttl: 1 }] } }),
    'steps[0].packet.layers[0]: {"ttl":1}, wanted: a mapping with layer',
  ],
  [
    withSteps({ packet: { in: 'eth0', layers: [{ layer: 'ip' }] } }),
    'steps[0].packet.layers[0].layer: "ip", wanted: one of eth',
  ],
  [
    withSteps({ packet: { in: 'eth0', layers: [{ layer: 'udp', flags: 1 }] } }),
    "steps[0].packet.layers[0].flags: there is no key 'flags' here",
  ],
  [withSteps({ packet: { ...PACKET, times: 1_000_001 } }), 'times: 1000001, wanted: a whole number from 1 to 1000000'],
  [withSteps({ packet: { ...PACKET, interleave: [{ at: 'x' }] } }), 'interleave[0].then: nothing'],
  [withSteps({ pcap: { in: 'eth0' } }), 'steps[0].pcap.file: nothing'],
  [
    withSteps({ pcap: { in: 'eth0', file: 'x', time: 'now' } }),
    'steps[0].pcap.time: "now", wanted: one of capture, fixed',
  ],
  [withSteps({ traffic: PACKET }), 'steps[0].traffic.packets: nothing'],
  [withSteps({ traffic: { ...PACKET, packets: 100_000_001 } }), 'wanted: a whole number from 1 to 100000000'],
  [withSteps({ traffic: { ...PACKET, packets: 1, flows: 10_000_001 } }), 'wanted: a whole number from 1 to 10000000'],
  [
    withSteps({ traffic: { ...PACKET, packets: 1, order: 'any' } }),
    'steps[0].traffic.order: "any", wanted: one of round, random',
  ],
  [
    withSteps({ traffic: { ...PACKET, packets: 1, vary: { 'ipv4.sport': 2 } } }),
    'steps[0].traffic.vary.ipv4.sport: "ipv4.sport", wanted: a field of a layer',
  ],
  [withSteps({ open: { proto: 'tcp', addr: '::' } }), 'steps[0].open.port: nothing'],
  [
    withSteps({ open: { name: 'a#1', proto: 'tcp', addr: '::', port: 1 } }),
    'steps[0].open.name: "a#1", wanted: a name of up to 120 characters without #',
  ],
  [withSteps({ connect: { socket: 'c' } }), 'steps[0].connect.to: nothing'],
  [withSteps({ connect: { socket: 'c', to: 'web' } }), 'steps[0].connect.to: "web", wanted: an address with a port'],
  [withSteps({ connect: { socket: 'c', to: '10.0.0.1:80', proto: 'sctp' } }), 'proto: "sctp", wanted: one of tcp, udp'],
  [withSteps({ send: { socket: 'web' } }), 'wanted: data (a text or dns) or hex, one of them'],
  [withSteps({ close: 1 }), 'steps[0].close: 1, wanted: the name of a socket'],
  [withSteps({ set: 1 }), 'steps[0].set: 1, wanted: '],
  [withSteps({ update: [] }), 'steps[0].update: [], wanted: a mapping of'],
  [withSteps({ delete: { m: 1 } }), 'steps[0].delete.m: 1, wanted: a list'],
  [withSteps({ load: 'x.bpf' }), 'steps[0].load: "x.bpf", wanted: a mapping with file'],
  [withSteps({ run: { data: '00' } }), 'steps[0].run.prog: nothing'],
  [withSteps({ iterate: { prog: 'p' } }), 'steps[0].iterate.map: nothing'],
  [withSteps({ restart: 'node' }), 'steps[0].restart: "node", wanted: one of agent'],
  [withSteps({ gc: 'now' }), 'steps[0].gc: "now", wanted: one of agent'],
  [expecting('all'), 'steps[0].expect: "all", wanted: one of record'],
  [expecting({ verdict: [] }), "steps[0].expect.verdict: there is no key 'verdict' here"],
  [expecting({ verdicts: [1] }), 'steps[0].expect.verdicts[0]: 1, wanted: a line'],
  [expecting({ out: [{}] }), 'steps[0].expect.out[0].dev: nothing'],
  [
    expecting({ out: [{ dev: 'eth0', 'ipv4.sport': 1 }] }),
    'steps[0].expect.out[0].ipv4.sport: "ipv4.sport", wanted: LAYER.FIELD',
  ],
  [
    expecting({ maps: { m: { has: [{ keys: 1 }] } } }),
    "steps[0].expect.maps.m.has[0].keys: there is no key 'keys' here",
  ],
  [expecting({ maps: { m: { count: -1 } } }), 'steps[0].expect.maps.m.count: -1'],
  [expecting({ received: { web: 1 } }), 'steps[0].expect.received.web: 1, wanted: a text'],
  [expecting({ sockets: { web: 'OPEN' } }), 'steps[0].expect.sockets.web: "OPEN", wanted: one of ESTABLISHED'],
  [expecting({ result: 'EFOO' }), 'steps[0].expect.result: "EFOO", wanted: ok or the name of an errno'],
  [{ bpflab: 1, expect: { result: 1 } }, 'expect.result: 1'],
];

/** Mistakes within texts, which the schema does not see. */
const LOOSE = [/366d/, /10\.0\.0\.300/];

/** Names of things that are not there: nothing that a schema could see. */
const DANGLING: readonly (readonly [unknown, ...string[]])[] = [
  [
    withNode({ devices: [{ name: 'a', peer: 'pod/eth0' }] }),
    'node.devices[0].peer: "pod/eth0", wanted: a device of this namespace, or NETNS/DEV of another: ',
  ],
  [
    withNode({ devices: [{ name: 'a', peer: 'n/e', type: 'dummy' }], namespaces: { n: {} } }),
    'node.devices[0].type: "dummy", wanted: veth',
  ],
  [
    withNode({
      devices: [
        { name: 'a', peer: 'n/e' },
        { name: 'b', peer: 'n/e' },
      ],
      namespaces: { n: {} },
    }),
    'node.devices[1].peer: "host/b", wanted: host/a, which node.devices[0].peer says',
  ],
  [
    withNode({ devices: [{ name: 'a' }, { name: 'a' }] }),
    'node.devices[1].name: "a", wanted: a name that no other device has',
  ],
  [withNode({ namespaces: { host: {} } }), 'node.namespaces.host: "host", wanted: a name other than host'],
  [
    withNode({ namespaces: { a: { nsid: 1 }, b: { nsid: 1 } } }),
    'node.namespaces.b.nsid: 1, wanted: an id that node.namespaces.a does not have',
  ],
  [
    withNode({ namespaces: { a: { routes: [{ to: 'default', via: '10.0.0.1' }] } } }),
    'node.namespaces.a.routes[0]: the kernel refuses this with ENETUNREACH',
  ],
  [
    withNode({ namespaces: { a: { routes: [{ to: 'default', dev: 'x' }] } } }),
    'node.namespaces.a.routes[0].dev: "x", wanted: the name of a device: lo',
  ],
  [
    withNode({ sockets: [{ proto: 'udp', addr: '::', port: 1, cgroup: '/x' }] }),
    'node.sockets[0].cgroup: "/x", wanted: a cgroup of node.cgroups: ',
  ],
  [
    withSteps({ packet: { ...PACKET, in: 'eth1' } }),
    'steps[0].packet.in: "eth1", wanted: the name of a device: did you mean eth0?',
  ],
  [
    withSteps({ packet: { ...PACKET, in: 'pot/eth0' } }),
    'steps[0].packet.in: "pot/eth0", wanted: NETNS/DEV of a namespace: ',
  ],
  [
    withSteps({ packet: { in: 'eth0', icmp: { type: 8, gateway: '1.2.3.4' } } }),
    'steps[0].packet: icmp has no field `gateway`',
  ],
  [
    // biome-ignore lint/suspicious/noThenProperty: the word of the format; nothing awaits it
    withSteps({ packet: { ...PACKET, interleave: [{ at: 'x', then: [{ packet: PACKET }] }] } }),
    'interleave[0].then[0].cpu: 1, wanted: a CPU of the node: 0 to 0',
  ],
  [withSteps({ advance: 1, cpu: 1 }), 'steps[0].cpu: 1, wanted: a CPU of the node'],
  [
    withSteps({ traffic: { ...PACKET, packets: 1, vary: { 'tcp.sport': 2 } } }),
    'steps[0].traffic.vary.tcp.sport: "tcp.sport", wanted: a field of a layer of these packets: ipv4',
  ],
  [
    withSteps({ send: { socket: 'c1', data: '' } }),
    'steps[0].send.socket: "c1", wanted: a socket that was opened before: web',
  ],
  [withSteps({ close: 'wep#1' }), 'steps[0].close: "wep#1", wanted: a socket that was opened before'],
  [
    withSteps({ connect: { socket: 'web', to: '10.0.0.1:80' } }),
    'steps[0].connect.socket: "web", wanted: a name that no open socket has',
  ],
  [
    withSteps({ connect: { socket: 'c', netns: 'pud', to: '10.0.0.1:80' } }),
    'steps[0].connect.netns: "pud", wanted: the name of a namespace: did you mean pod?',
  ],
  [
    withSteps({ set: ['true', 'ip tunnel add'] }),
    'steps[0].set[1]: "ip tunnel add", wanted: a command that is understood',
  ],
  [{ bpflab: 1, steps: [{ gc: 'agent' }] }, 'steps[0].gc: "agent", wanted: an agent in the file'],
  [{ bpflab: 1, steps: [{ restart: 'agent' }] }, 'steps[0].restart: "agent", wanted: an agent in the file'],
  [expecting({ out: [{ dev: 'eth7' }] }), 'steps[0].expect.out[0].dev: "eth7"'],
  [
    expecting({ sockets: { c: 'gone' } }),
    'steps[0].expect.sockets.c: "c", wanted: a socket that was opened before: web',
  ],
];

describe('bad files', () => {
  test.each(WRONG)('%j', (json, ...texts) => {
    expect(fitsSchema(json)).toBe(LOOSE.some((text) => text.test(JSON.stringify(json))));
    const said = problems(json).join('\n');
    for (const text of texts) expect(said).toContain(text);
  });

  test.each(DANGLING)('%j', (json, ...texts) => {
    expect(fitsSchema(json)).toBe(true);
    const said = problems(json).join('\n');
    for (const text of texts) expect(said).toContain(text);
  });
});

describe('hostile files', () => {
  test('depth, cycles and what is no JSON', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
    expect(problems({ bpflab: 1, maps: { m: deep } })).toEqual([': nested more than 64 deep'.replace(': ', '')]);
    const cycle: Json = { bpflab: 1 };
    cycle.node = cycle;
    expect(problems(cycle).join()).toContain('nested more than 64 deep');
    expect(problems({ bpflab: 1n }).join()).toContain('a bigint, which is no JSON');
    expect(problems({ bpflab: 1, maps: new Date() }).join()).toContain('neither a mapping nor a list');
  });

  test('lists that explode by sharing are refused before they are read', () => {
    let bomb: unknown = 'x';
    for (let i = 0; i < 30; i++) bomb = [bomb, bomb];
    expect(problems({ bpflab: 1, steps: bomb }).join()).toContain('more than 8000000 values');
  });

  test('long lists, and many mistakes', () => {
    const steps = new Array(100_001).fill({ advance: 1 });
    expect(problems({ bpflab: 1, steps })).toEqual(['steps: 100001 items, wanted: at most 100000']);
    expect(problems({ bpflab: 1, steps: new Array(50_000).fill({ advanse: 1, x: 1 }) })).toHaveLength(100);
    const devices = Array.from({ length: 1025 }, (_, i) => ({ name: `d${i}` }));
    expect(problems(withNode({ devices }))).toEqual(['node.devices: 1025 items, wanted: at most 1024']);
    const devs = Array.from({ length: 1000 }, (_, i) => ({ name: `d${i}` }));
    const namespaces = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`n${i}`, { devices: devs }]));
    expect(problems(withNode({ namespaces }))).toEqual(['node: 5000 devices in all namespaces, wanted: at most 4096']);
  });

  test('names of Object’s own members are names like others', () => {
    const json = JSON.parse(
      '{"bpflab":1,"__proto__":{"x":1},"maps":{"__proto__":[],"constructor":[]},"node":{"namespaces":{"toString":{}}}}',
    ) as unknown;
    expect(problems(json)).toEqual(["__proto__: there is no key '__proto__' here"]);
  });
});

test('docs/scenario.schema.json is fresh', () => {
  const file = readFileSync(new URL('../../../docs/scenario.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(file)).toEqual(scenarioSchema());
});

test('docs/scenario.md: its tables are fresh, its example is a scenario', () => {
  const page = readFileSync(new URL('../../../docs/scenario.md', import.meta.url), 'utf8');
  expect(page).toContain(`-->\n\n${scenarioTables()}\n\n<!-- end of tables -->`);
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(page)!;
  expect(problems(parse(example!))).toEqual([]);
  expect(fitsSchema(parse(example!))).toBe(true);
});
