/** Expectations: what is held against what, what is said where they differ, and what would be recorded. */
import { describe, expect, test } from 'vitest';
import { assemble, buildPacket, Kernel, toRequest } from '../../../src/index.ts';
import { initMaps } from '../../../src/kernel/replay/mapInit.ts';
import { checkExpect, type Failure } from '../../../src/kernel/scenario/check.ts';
import type { Expect } from '../../../src/kernel/scenario/model.ts';
import type { Observed } from '../../../src/kernel/scenario/observed.ts';
import { recordExpect } from '../../../src/kernel/scenario/record.ts';
import { problemText } from '../../../src/util/problem.ts';
import { scenarioOf } from './files.ts';

const MAPS = `
.struct key {
    be32 address
    be16 port
    u8   proto
    u8   pad
}
.struct value {
    u32  count
    u16  more
    char name[4]
    u8   pad[2]
}
.map services, type=hash, key=struct key, value=struct value, max_entries=16
.map percpu, type=percpu_array, key=u32, value=u64, max_entries=1
.section license
.asciz "GPL"
.section "socket"
p:
    r1 = services ll
    r1 = percpu ll
    r0 = 0
    exit
`;

function kernelWith(): Kernel {
  const made = assemble(MAPS, { file: 'maps.bpf' });
  if (!made.object) throw new Error(made.problems.map(problemText).join());
  const request = toRequest(made.object);
  const kernel = Kernel.create({ cpus: 2 });
  if (!request.ok || !kernel.ok) throw new Error('no kernel');
  expect(kernel.value.load(request.value).problems).toEqual([]);
  const elements = {
    services: [
      { key: { address: '10.96.0.80', port: 80, proto: 6 }, value: { count: 2, more: 5, name: 'web' } },
      { key: { address: '10.96.0.10', port: 53, proto: 17 }, value: { count: 1, name: 'dns' } },
    ],
    percpu: [{ key: 0, values: [{ cpu: 1, value: 7 }] }],
  };
  expect(initMaps(kernel.value, elements, 'm', 'f').problems).toEqual([]);
  return kernel.value;
}

const kernel = kernelWith();
const packet = buildPacket([
  { layer: 'eth' },
  { layer: 'ipv4', dst: '10.0.2.30', flags: 'DF' },
  { layer: 'ipv4', dst: '10.0.2.31', ttl: 63 },
  { layer: 'tcp', dport: 80, flags: 'S.' },
]);
const bytes = packet.ok ? packet.value : new Uint8Array();
const OBSERVED: Observed = {
  clockNs: 1n,
  verdicts: ['TC_ACT_OK', 'TC_ACT_SHOT'],
  path: ['eth0', 'tc', 'lxc1'],
  out: [{ netns: 'host', dev: 'eth0', bytes }],
  changes: [],
  maps: { services: ['+ a = b'], percpu: [] },
  log: [],
  events: [],
  received: { c1: 'GET /\nHost: x', c2: '' },
  result: 'ECONNREFUSED',
  drops: ['policy'],
  agent: [],
};
const states = (name: string): string => (name === 'c1' ? 'ESTABLISHED' : 'gone');

/** An expectation as the reader makes it. */
function expectation(given: unknown): Expect {
  const { steps } = scenarioOf({
    bpflab: 1,
    node: {
      devices: [{ name: 'eth0' }, { name: 'eth1' }],
      sockets: ['c1', 'c2'].map((name, i) => ({ name, proto: 'udp', addr: '0.0.0.0', port: i + 1 })),
    },
    steps: [{ advance: 1, expect: given }],
  });
  return steps[0]!.expect!;
}
const check = (given: unknown): Failure[] => checkExpect(kernel, OBSERVED, expectation(given), states);
const record = (given: unknown): unknown => recordExpect(kernel, OBSERVED, expectation(given), states);

const MET: readonly unknown[] = [
  {},
  'record',
  {
    verdicts: ['TC_ACT_OK', 'TC_ACT_SHOT'],
    path: 'eth0\ntc\nlxc1\n',
    changes: [],
    log: '',
    drops: 'policy',
    agent: [],
  },
  { ct: [] },
  { result: 'ECONNREFUSED', sockets: { c1: 'ESTABLISHED', c2: 'gone' }, received: { c1: 'GET /\nHost: x', c2: '' } },
  { out: [{ dev: 'eth0' }] },
  {
    out: [
      {
        dev: 'host/eth0',
        'ipv4.dst': '10.0.2.30',
        'ipv4.flags': 'DF',
        'ipv4#1.ttl': 64,
        'ipv4#2.ttl': 63,
        'tcp.flags': 'S.',
        'tcp.dport': 80,
      },
    ],
  },
  { out: [{ dev: 'eth0', bytes: Buffer.from(bytes).toString('hex') }] },
  { maps: { services: { count: 2, changes: ['+ a = b'] }, percpu: { changes: [] } } },
  {
    maps: { services: { has: [{ key: { address: '10.96.0.80' }, value: { count: 2 } }, { value: { name: 'dns' } }] } },
  },
  { maps: { services: { has: [{ key: { port: 80 }, value: { more: 5 } }, { key: '0a600050005006 00' }] } } },
  { maps: { services: { lacks: [{ port: 81 }, { address: '10.96.0.80', port: 53 }] } } },
  { maps: { percpu: { has: [{ key: 0, value: 7 }, { value: 0 }] } } },
];

const UNMET: readonly (readonly [unknown, readonly [string, readonly string[], readonly string[]][]])[] = [
  [{ verdicts: ['TC_ACT_OK'] }, [['verdicts', ['TC_ACT_OK'], ['TC_ACT_OK', 'TC_ACT_SHOT']]]],
  [
    { drops: [], result: 'ok' },
    [
      ['drops', [], ['policy']],
      ['result', ['ok'], ['ECONNREFUSED']],
    ],
  ],
  [{ received: { c1: 'GET' } }, [['received.c1', ['GET'], ['GET /', 'Host: x']]]],
  [{ sockets: { c2: 'LISTEN' } }, [['sockets.c2', ['LISTEN'], ['gone']]]],
  [
    { out: [] },
    [
      [
        'out',
        [],
        [
          'eth0: IP 10.0.0.1 > 10.0.2.30: IP 10.0.0.1.40000 > 10.0.2.31.80: Flags [S.], seq 0, ack 0, win 64240, length 0',
        ],
      ],
    ],
  ],
  [
    { out: [{ dev: 'eth1', 'ipv4.dst': '10.0.2.31', 'udp.dport': 1, 'tcp.flags': 'Q', 'ipv4#2.ttl': 64 }] },
    [
      ['out[0].dev', ['eth1'], ['eth0']],
      ['out[0].ipv4.dst', ['10.0.2.31'], ['10.0.2.30']],
      ['out[0].udp.dport', ['1'], [expect.stringContaining('no udp: IP 10') as unknown as string]],
      ['out[0].tcp.flags', ['Q'], [expect.stringContaining('S. (wanted: a number from 0 to 255') as unknown as string]],
      ['out[0].ipv4#2.ttl', ['64'], ['63']],
    ],
  ],
  [{ maps: { servces: { count: 1 } } }, [['maps.servces', ['a map servces'], ['there are: services, percpu']]]],
  [
    { maps: { services: { count: 3, changes: [] } } },
    [
      ['maps.services.changes', [], ['+ a = b']],
      ['maps.services.count', ['3'], ['2']],
    ],
  ],
  [
    { maps: { services: { has: [{ key: { port: 80 }, value: { count: 3 } }] } } },
    [
      [
        'maps.services.has[0]',
        ['{"port":80} = {"count":3}'],
        ['address 10.96.0.80, port 80, proto 6 (TCP) = count 2, more 5, name "web"'],
      ],
    ],
  ],
  [
    { maps: { services: { has: [{ key: { prt: 80 } }], lacks: [{ proto: 17 }] } } },
    [
      ['maps.services.has[0]', ['{"prt":80} = any value'], ['struct key has no member prt; did you mean port?']],
      [
        'maps.services.lacks[0]',
        ['no {"proto":17}'],
        ['address 10.96.0.10, port 53, proto 17 (UDP) = count 1, more 0, name "dns"'],
      ],
    ],
  ],
  [
    { maps: { services: { has: [{ value: { name: 'we' } }] } } },
    [['maps.services.has[0]', ['any key = {"name":"we"}'], expect.any(Array) as unknown as string[]]],
  ],
];

describe('expectations', () => {
  test.each(MET)('%j is met', (given) => {
    expect(check(given)).toEqual([]);
  });

  test.each(UNMET)('%j is not', (given, failures) => {
    const said = check(given);
    expect(said.map(({ what, wanted, got }) => [what, wanted, got])).toEqual(failures);
    for (const { path, what } of said) expect(path).toBe(`steps[0].expect.${what}`);
  });

  test('lists of lines come with their difference', () => {
    expect(check({ path: ['eth0', 'xdp', 'lxc1'] })[0]!.diff).toEqual(['  eth0', '- xdp', '+ tc', '  lxc1']);
  });
});

describe('what is recorded', () => {
  test('record stands for all there is', () => {
    expect(record('record')).toEqual({
      verdicts: ['TC_ACT_OK', 'TC_ACT_SHOT'],
      path: ['eth0', 'tc', 'lxc1'],
      out: [{ dev: 'eth0', bytes: Buffer.from(bytes).toString('hex') }],
      maps: { services: { changes: ['+ a = b'] } },
      drops: ['policy'],
      received: { c1: 'GET /\nHost: x' },
      result: 'ECONNREFUSED',
    });
  });

  test.each([...MET, ...UNMET.map(([given]) => given)])('%j as recorded is met, as far as it can be', (given) => {
    const left = check(record(given)).filter(({ what }) => !/maps\.\w+(\.(has|lacks)|$)/.test(what));
    expect(left).toEqual([]);
  });

  test('of expectations only the keys that are there', () => {
    expect(
      record({
        verdicts: [],
        out: [{ dev: 'eth1', 'ipv4#2.ttl': 1, 'tcp.flags': 'S' }],
        maps: { services: { count: 0 } },
      }),
    ).toEqual({
      verdicts: ['TC_ACT_OK', 'TC_ACT_SHOT'],
      out: [{ dev: 'eth0', 'ipv4#2.ttl': 63, 'tcp.flags': 'S.' }],
      maps: { services: { count: 2 } },
    });
  });
});
