import { expect, test } from 'vitest';
import { openScenario } from '../../../src/kernel/scenario/open.ts';
import { problemText } from '../../../src/util/problem.ts';
import { filesOf } from '../../programs/scenarios/run.ts';
import { scenarioOf } from './files.ts';

/** What a `show` says, or what is wrong with it, after three packets of two clients. */
function shown(...shows: object[]): string[] {
  const scenario = scenarioOf({
    bpflab: 1,
    node: { devices: [{ name: 'eth0' }] },
    programs: [
      {
        file: '../conntrack/firewall.bpf',
        progs: ['firewall_xdp'],
        verify: 'skip',
        attach: [{ prog: 'firewall_xdp', hook: 'xdp', dev: 'eth0' }],
      },
    ],
    steps: [
      {
        traffic: {
          in: 'eth0',
          packets: 3,
          flows: 2,
          vary: { 'udp.sport': 2 },
          ipv4: { src: '10.0.1.10', dst: '192.0.2.9' },
          udp: { sport: 5000, dport: 53 },
        },
      },
      ...shows.map((show) => ({ show: { map: 'cilium_ct_any4_global', ...show } })),
    ],
  });
  const opened = openScenario(scenario, filesOf('problems/x.yaml'));
  if (!opened.ok) throw new Error(opened.problems.map(problemText).join('\n'));
  const lines: string[] = [];
  for (;;) {
    const status = opened.value.advance();
    if (status === 'paused') continue;
    if (status.state === 'done') return lines;
    if (status.state === 'failed') return status.problems.map(problemText);
    if (status.report.step?.action.do === 'show') lines.push(...status.report.observed.path);
  }
}

test('elements are counted, all together or by a member', () => {
  expect(shown({})).toEqual(['cilium_ct_any4_global', '  3 entries']);
  expect(shown({ group: 'value.tx_packets', where: { key: { flags: 0 } } })).toEqual([
    'cilium_ct_any4_global by value.tx_packets',
    '  1: 1 entry',
    '  2: 1 entry',
  ]);
});

test('rows of a table are shown together; what is missing is said', () => {
  expect(
    shown(
      { where: { key: { sport: 5000 } }, of: 2, table: 'clients', row: 'one' },
      { where: { key: { flags: 0 } }, table: 'clients' },
    ),
  ).toEqual([
    'clients',
    '  one: 1 of 2 entries, 1 missing',
    'clients',
    '  one: 1 of 2 entries, 1 missing',
    '  2 entries',
  ]);
});

test('a map, a member or a key that there is not', () => {
  expect(shown({ map: 'nothing' })[0]).toContain('steps[1].show: there is no map nothing');
  expect(shown({ group: 'value.colour' })).toEqual([
    'steps[1].show: elements of cilium_ct_any4_global: there is no value.colour in it',
  ]);
  expect(shown({ where: { key: { colour: 1 } } })[0]).toContain(
    'steps[1].show: elements of cilium_ct_any4_global: where.key:',
  );
});
