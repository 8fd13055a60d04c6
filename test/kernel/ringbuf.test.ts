import { describe, expect, test } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { problemText } from '../../src/util/problem.ts';
import { bpflab, inTemp } from '../cli/harness.ts';

const RESERVE = `
  r1 = events ll
  r2 = 12
  r3 = 0
  call bpf_ringbuf_reserve
  if r0 == 0 goto out
  r6 = r0
`;
const END = `
  r1 = r6
  r2 = 0
`;

const program = (body: string): string => `
.map events, type=ringbuf, max_entries=4096
.map devs, type=devmap, key=4, value=4, max_entries=4
.map cpus, type=cpumap, key=4, value=4, max_entries=4
.section xdp
main:
${body}
out:
  r0 = 2
  exit
`;

function load(text: string): Kernel {
  const { object } = assemble(text, { file: 'ring.bpf' });
  const request = object && toRequest(object);
  const made = Kernel.create();
  if (!request?.ok || !made.ok) throw new Error('not assembled');
  expect(made.value.load(request.value).problems).toEqual([]);
  return made.value;
}

function run(kernel: Kernel): string | number {
  const status = kernel.testRun(kernel.prog('main')!, { data: new Uint8Array(64) }).finish();
  if (status.state === 'fault') return `${status.problem.at.insn}: ${problemText(status.problem)}`;
  return status.state === 'done' ? status.output.retval : status.state;
}

describe('samples of a ring buffer', () => {
  test('are outputs once a reader took them, also after going back to a snapshot', () => {
    const kernel = load(program(`${RESERVE} *(u32 *)(r6 + 8) = 7\n${END} call bpf_ringbuf_submit`));
    const map = kernel.map('events')!.address;
    const data = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0);
    expect(run(kernel)).toBe(2);
    expect(kernel.outputs()).toEqual([]);
    const snapshot = kernel.snapshot();
    for (let i = 0; i < 2; i++) {
      kernel.readRingbufs();
      expect(kernel.outputs()).toEqual([{ kind: 'ringbuf', map, data }]);
      kernel.restore(snapshot);
      expect(kernel.outputs()).toEqual([]);
    }
  });

  test('that are discarded are passed over', () => {
    const kernel = load(program(`${RESERVE} ${END} call bpf_ringbuf_discard`));
    expect(run(kernel)).toBe(2);
    kernel.readRingbufs();
    expect(kernel.outputs()).toEqual([]);
  });

  test.each([
    ['write behind it', `*(u8 *)(r6 + 12) = 1`, /1-byte write at memory.*\+12, size 12/],
    ['submit inside it', 'r1 = r6\n r1 += 4\n r2 = 0\n call bpf_ringbuf_submit', /a reserved sample/],
    ['submit twice', `${END} call bpf_ringbuf_submit\n${END} call bpf_ringbuf_submit`, /a reserved sample/],
    ['read after submit', `${END} call bpf_ringbuf_submit\n r0 = *(u8 *)(r6 + 0)`, /1-byte read at/],
    ['submit the stack', 'r1 = r10\n r1 += -8\n r2 = 0\n call bpf_ringbuf_submit', /a reserved sample/],
  ])('fault: %s', (_, body, text) => {
    expect(run(load(program(RESERVE + body)))).toMatch(text);
  });
});

describe('bpflab run', () => {
  const PACKET = ['--packet', '00'.repeat(64)];

  test('prints samples as it prints events', async () => {
    const text = program(`${RESERVE} *(u32 *)(r6 + 8) = 7\n${END} call bpf_ringbuf_submit`);
    await inTemp({ 'ring.bpf': text }, async (at) => {
      const { out } = await bpflab(['run', at('ring.bpf'), ...PACKET]);
      expect(out).toContain('event  events: 00 00 00 00 00 00 00 00 07 00 00 00');
      const { packets, maps } = JSON.parse((await bpflab(['run', at('ring.bpf'), ...PACKET, '--json'])).out);
      expect(packets[0].outputs).toEqual([{ kind: 'ringbuf', map: 'events', data: '000000000000000007000000' }]);
      expect(maps.map((m: { name: string }) => m.name)).toEqual(['devs', 'cpus']);
    });
  });

  test('fills maps without keys by values alone', async () => {
    const text = `
.map q, type=queue, value=4, max_entries=4
.section xdp
main:
  *(u32 *)(r10 - 4) = 0
  r1 = q ll
  r2 = r10
  r2 += -4
  call bpf_map_pop_elem
  r0 = *(u32 *)(r10 - 4)
  exit
`;
    await inTemp({ 'q.bpf': text, 'q.json': '[{"value": [3, 0, 0, 0]}, {"value": [2, 0, 0, 0]}]' }, async (at) => {
      const { out } = await bpflab(['run', at('q.bpf'), ...PACKET, '--map-init', at('q.json'), '--json']);
      const left = { name: 'q', elements: [{ value: ['0x02', '0x00', '0x00', '0x00'] }] };
      expect(JSON.parse(out)).toMatchObject({ packets: [{ verdict: 'XDP_TX' }], maps: [left] });
    });
  });

  test.each([
    ['devs', 1, 0, 'ifindex 1'],
    ['devs', 3, 8, 'all of devs'],
    ['cpus', 0, 0, 'CPU 0'],
  ] as const)('says where redirect_map leads: %s %i %i', async (map, index, flags, where) => {
    const body = `r1 = ${map} ll\n r2 = ${index}\n r3 = ${flags}\n call bpf_redirect_map\n exit`;
    const word = (n: number) => [n, 0, 0, 0];
    const init = {
      devs: [{ key: word(1), value: word(1) }],
      cpus: [{ key: word(0), value: word(192) }],
    };
    await inTemp({ 'go.bpf': program(body), 'init.json': JSON.stringify(init) }, async (at) => {
      const { out } = await bpflab(['run', at('go.bpf'), ...PACKET, '--map-init', at('init.json')]);
      expect(out).toContain(`XDP_REDIRECT to ${where}  `);
    });
  });
});
