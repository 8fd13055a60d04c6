import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dapHost } from '../../../src/cli/dapHost.ts';
import { nodeIo } from '../../../src/cli/io.ts';
import { writeReplay } from '../../../src/debug/replayFile/replayFile.ts';
import { recordSession } from '../../../src/debug/replayFile/resume.ts';
import { Session } from '../../../src/debug/session/session.ts';
import { ROOT } from '../../cli/harness.ts';
import { MemoryClient } from './memoryClient.ts';
import { PACKET, TOUR } from './programs.ts';

let dir: string;
const host = dapHost(nodeIo(), () => undefined);
const file = (name: string): string => join(dir, name);

beforeAll(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'bpflab-launch-')));
  writeFileSync(file('tour.bpf'), TOUR);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function introduced(): Promise<MemoryClient> {
  const client = new MemoryClient(host);
  await client.request('initialize', { adapterID: 'bpflab' });
  return client;
}

/** Launched and standing before the first insn. */
async function entered(launch: object): Promise<MemoryClient> {
  const client = await introduced();
  await client.request('launch', { stopOnEntry: true, ...launch });
  await client.request('configurationDone');
  await client.event('stopped');
  return client;
}

/** What the first stop is called. */
const firstStop = (client: MemoryClient): unknown => client.messages.find((m) => m.event === 'stopped')?.body;

const value = async (client: MemoryClient, expression: string): Promise<unknown> =>
  (await client.request('evaluate', { expression })).result;

describe('launch arguments', () => {
  test('a packet of a capture, with maps, in the load balancer', async () => {
    const demo = join(ROOT, 'programs/demo');
    const client = await entered({
      program: join(ROOT, 'programs/lb/tc.bpf'),
      prog: 'tc_main',
      pcap: join(demo, 'demo.pcap'),
      nth: 3,
      mapInit: join(demo, 'maps.json'),
      noVerify: true,
    });
    expect(firstStop(client)).toMatchObject({ reason: 'entry', description: 'Before the first insn' });
    const all = await client.request<{ scopes: { name: string }[] }>('scopes', {
      frameId: (await client.request<{ stackFrames: { id: number }[] }>('stackTrace', { threadId: 1 })).stackFrames[0]!
        .id,
    });
    expect(all.scopes.map((s) => s.name)).toEqual([
      'Registers',
      'Stack',
      'Packet',
      'Context',
      'Maps',
      'Verifier',
      'Moment',
    ]);
    const { dataId } = await client.request('dataBreakpointInfo', { name: 'eth.dst' });
    await client.request('setDataBreakpoints', { breakpoints: [{ dataId }] });
    await client.request('continue', { threadId: 1 });
    await client.event('stopped');
    expect(client.wrong).toEqual([]);
  });

  test('context, maps, clock and the rest in the launch itself', async () => {
    const client = await entered({
      program: file('tour.bpf'),
      section: 'xdp',
      packet: PACKET,
      ctx: { ingress_ifindex: 1 },
      mapInit: { counts: [{ key: ['0x07', '0x00', '0x00', '0x00'], value: Array(8).fill('0x01') }] },
      clock: '12.5',
      seed: 7,
      cpus: 2,
      time: 'fixed',
    });
    expect(await value(client, 'ctx.ingress_ifindex')).toBe('1');
    expect(await value(client, 'counts[7]')).toBe(`${0x0101010101010101n}`);
    expect(await value(client, 'clock')).toContain('12500000000');
  });

  test('what an editor adds of its own is passed over', async () => {
    const own = { type: 'bpflab', request: 'launch', name: 'n', __sessionId: 'a-b', __configurationTarget: 6 };
    const client = await entered({ ...own, program: file('tour.bpf'), packet: PACKET });
    expect(await value(client, 'ctx.ingress_ifindex')).toBe('1');
  });

  test('a command that goes nowhere stops nowhere', async () => {
    const client = await entered({ program: file('tour.bpf'), packet: PACKET });
    const stops = () => client.messages.filter((m) => m.event === 'stopped').length;
    const say = (expression: string) => client.request('evaluate', { expression, context: 'repl' });
    for (const line of ['break 3', 'set r5 = 9', 'info registers']) await say(line);
    expect(stops()).toBe(1);
    expect(await value(client, 'r5')).toBe('9');
    await say('stepi');
    await client.event('stopped');
    expect(stops()).toBe(2);
  });

  test.each([
    [{}, 'a program is wanted'],
    [{ program: 'nowhere.bpf' }, 'no such file'],
    [{ program: '-' }, 'no such file'],
    [{ nth: 2, packet: PACKET }, 'there is no packet 2; there are 1'],
    [{ section: 'tc', packet: PACKET }, "no program in section 'tc'; there are: xdp"],
    [{ time: 'later', packet: PACKET }, "'capture' or 'fixed'"],
    [{ clock: 'noon', packet: PACKET }, 'seconds since boot'],
    [{ cpus: 1000, packet: PACKET }, 'from 1 to 64'],
    [{ ctx: 7, packet: PACKET }, 'text or an object'],
    [{ mapInit: [7], packet: PACKET }, 'a path, paths or an object'],
    [{ packet: 'xyz' }, 'not hexadecimal'],
    [{ replay: 'TOUR' }, 'is no recording'],
    [{ progType: 'bpflab', packet: PACKET }, "no program type 'bpflab'"],
    [{ seed: 'x' }, 'a whole number is wanted'],
  ])('%j is refused: %s', async (launch, words) => {
    const client = await introduced();
    const named = Object.keys(launch).length > 0 && !('program' in launch) ? { program: file('tour.bpf') } : {};
    const replay = 'replay' in launch ? { replay: file('tour.bpf') } : {};
    await expect(client.request('launch', { ...named, ...launch, ...replay })).rejects.toThrow(words);
    // Another one is possible.
    await client.request('launch', { program: file('tour.bpf'), packet: PACKET });
  });

  test('a recording goes on where it was made, changes included', async () => {
    const made = await host.makeSession({ program: file('tour.bpf'), packet: PACKET });
    if (!made.ok) throw new Error('no session');
    const opened = Session.open(made.value.input);
    if (!opened.ok) throw new Error('no session');
    const session = opened.value;
    session.go({ kind: 'step', unit: 'insn', count: 8 });
    session.edit({ kind: 'register', depth: 0, reg: 9, value: 77n });
    session.go({ kind: 'step', unit: 'insn', count: 2 });
    const data = recordSession(session, 'test');
    writeFileSync(file('tour.bpflab-replay'), writeReplay(data));
    const client = await entered({ replay: file('tour.bpflab-replay') });
    expect(firstStop(client)).toMatchObject({ reason: 'entry', description: 'Where it was recorded' });
    expect(await value(client, 'tick')).toBe(`${session.tick}`);
    expect(await value(client, 'r9')).toBe('77');
    expect(client.output('important')).toBe('');
    writeFileSync(file('other.bpflab-replay'), writeReplay({ ...data, digest: '0123456789abcdef' }));
    const other = await entered({ replay: file('other.bpflab-replay') });
    expect(other.output('important')).toContain('not what was recorded');
  });
});
