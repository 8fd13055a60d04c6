import { describe, expect, test } from 'vitest';
import { memoryHost } from './host.ts';
import { MemoryClient, Refused } from './memoryClient.ts';
import { FAULTY, lineOf, TOUR } from './programs.ts';

const THREAD = { threadId: 1 };
const SOURCE = { path: '/src/tour.bpf' };

async function launched(launch: object, configure?: (client: MemoryClient) => Promise<unknown>): Promise<MemoryClient> {
  const client = new MemoryClient(memoryHost());
  await client.request('initialize', { adapterID: 'bpflab' });
  await client.request('launch', launch);
  await client.event('initialized');
  await configure?.(client);
  await client.request('configurationDone');
  return client;
}

interface Frames {
  readonly stackFrames: readonly { readonly id: number; readonly name: string; readonly line: number }[];
}
interface Scopes {
  readonly scopes: readonly { readonly name: string; readonly variablesReference: number }[];
}
interface Variables {
  readonly variables: readonly { readonly name: string; readonly value: string; readonly variablesReference: number }[];
}

async function scope(client: MemoryClient, name: string): Promise<Variables['variables']> {
  const { stackFrames } = await client.request<Frames>('stackTrace', THREAD);
  const { scopes } = await client.request<Scopes>('scopes', { frameId: stackFrames[0]!.id });
  const { variablesReference } = scopes.find((s) => s.name === name)!;
  return (await client.request<Variables>('variables', { variablesReference })).variables;
}

describe('over a stream in memory', () => {
  test('a program is stepped forwards and backwards', async () => {
    const client = await launched({ program: 'tour.bpf', stopOnEntry: true }, (c) =>
      c.request('setBreakpoints', { source: SOURCE, breakpoints: [{ line: lineOf(TOUR, 'r8 = r0') }] }),
    );
    expect(await client.event('stopped')).toMatchObject({ reason: 'entry' });
    await client.request('continue', THREAD);
    expect(await client.event('stopped')).toMatchObject({ reason: 'breakpoint' });
    await client.request('stepBack', THREAD);
    await client.event('stopped');
    const { stackFrames } = await client.request<Frames>('stackTrace', THREAD);
    expect(stackFrames[0]?.line).toBe(lineOf(TOUR, 'call twice'));
    await client.request('continue', THREAD);
    await client.event('stopped');
    await client.request('continue', THREAD);
    expect(await client.event('stopped')).toMatchObject({ reason: 'end' });
    expect(client.output('stdout')).toBe('hi\npacket 1: main: XDP_PASS (31 insns)\n');
    // Going over the same ground again says nothing twice.
    await client.request('reverseContinue', THREAD);
    await client.event('stopped');
    await client.request('continue', THREAD);
    await client.event('stopped');
    expect(client.output('stdout')).toBe('hi\npacket 1: main: XDP_PASS (31 insns)\n');
    await client.request('continue', THREAD);
    await client.event('terminated');
    expect(client.wrong).toEqual([]);
  });

  test('a breakpoint at the first insn stops before anything has run', async () => {
    const client = await launched({ program: 'tour.bpf' }, (c) =>
      c.request('setBreakpoints', { source: SOURCE, breakpoints: [{ line: lineOf(TOUR, 'main:') }] }),
    );
    expect(await client.event('stopped')).toMatchObject({ reason: 'breakpoint', hitBreakpointIds: [1] });
    expect((await scope(client, 'Moment')).find((v) => v.name === 'insns')?.value).toBe('0');
  });

  test('what the verifier knew stands beside what there is', async () => {
    const client = await launched({ program: 'tour.bpf' }, (c) =>
      c.request('setBreakpoints', { source: SOURCE, breakpoints: [{ line: lineOf(TOUR, 'r1 += 1') }] }),
    );
    await client.event('stopped');
    const known = await scope(client, 'Verifier');
    const of = (name: string) => known.find((v) => v.name === name)?.value;
    expect(of('R6')).toMatch(/^pkt\(/);
    expect(of('R1')).toMatch(/^scalar\(.*255/);
    expect(of('fp-16')).toBeDefined();
    expect(client.wrong).toEqual([]);
  });

  test('a rejected program is not run, unless it is asked for', async () => {
    const client = await launched({ program: 'faulty.bpf' });
    expect(await client.event('stopped')).toMatchObject({ reason: 'exception' });
    const { stackFrames } = await client.request<Frames>('stackTrace', THREAD);
    expect(stackFrames).toMatchObject([{ line: lineOf(FAULTY, 'r2 + 100') }]);
    await client.request('next', THREAD);
    expect(await client.event('exited')).toEqual({ exitCode: 1 });
    const all = await launched({ program: 'faulty.bpf', noVerify: true });
    expect(await all.event('stopped')).toMatchObject({ reason: 'exception', text: expect.stringContaining('packet') });
    expect([...client.wrong, ...all.wrong]).toEqual([]);
  });

  test('without debugging it runs to the end and is gone', async () => {
    const client = await launched({ program: 'tour.bpf', noDebug: true }, (c) =>
      c.request('setBreakpoints', { source: SOURCE, breakpoints: [{ line: lineOf(TOUR, 'r8 = r0') }] }),
    );
    expect(await client.event('exited')).toEqual({ exitCode: 0 });
    expect(client.messages.some((m) => m.event === 'stopped')).toBe(false);
  });

  test('what cannot be launched says why, and something else can be', async () => {
    const client = new MemoryClient(memoryHost());
    await client.request('initialize', { adapterID: 'bpflab' });
    const failed = await client.request('launch', { program: 'r0 = nonsense\nexit\n' }).catch((e: unknown) => e);
    expect(failed).toBeInstanceOf(Refused);
    expect((failed as Refused).body).toMatchObject({ error: { showUser: true } });
    await client.request('launch', { program: 'tour.bpf' });
    await client.event('initialized');
    expect(client.wrong).toEqual([]);
  });

  test('a restart that fails leaves the program stopped where it was, and the client knows', async () => {
    const client = await launched({ program: 'long.bpf', noVerify: true });
    const wrong = { program: 'r0 = (' };
    await expect(client.request('restart', { arguments: wrong })).rejects.toThrow();
    expect(await client.event('stopped')).toMatchObject({ reason: 'pause' });
    await client.request('next', THREAD);
    expect(await client.event('stopped')).toMatchObject({ reason: 'step' });
    client.post('disconnect');
  });

  test('requests in the wrong order or shape are refused in words', async () => {
    const client = new MemoryClient(memoryHost());
    const said = (command: string, args?: object) =>
      client.request(command, args).then(
        () => 'done',
        (e: Error) => e.message,
      );
    expect(await said('stackTrace', THREAD)).toBe("stackTrace: 'initialize' comes first");
    expect(await said('initialize', {})).toBe(
      'initialize: arguments.adapterID: text of at most 1048576 characters is wanted',
    );
    await client.request('initialize', { adapterID: 'bpflab' });
    expect(await said('initialize', { adapterID: 'bpflab' })).toBe('initialize: it has been sent before');
    expect(await said('next', THREAD)).toBe('next: nothing is launched');
    expect(await said('stepBock', THREAD)).toBe("no request 'stepBock'; did you mean 'stepBack'?");
    await client.request('launch', { program: 'long.bpf', noVerify: true });
    expect(await said('launch', { program: 'long.bpf' })).toBe('launch: something is launched already');
    await client.request('configurationDone');
    expect(await said('next', THREAD)).toBe('next: the program is running');
    // Breakpoints may be set while it runs, and are met.
    const source = { path: '/src/long.bpf' };
    await client.request('setBreakpoints', { source, breakpoints: [{ line: 5, condition: 'r1 % 2 == 0' }] });
    expect(await client.event('stopped')).toMatchObject({ reason: 'breakpoint' });
  });

  test('lines, columns and paths as the client counts and writes them', async () => {
    const client = new MemoryClient(memoryHost());
    const ways = { linesStartAt1: false, columnsStartAt1: false, pathFormat: 'uri' };
    await client.request('initialize', { adapterID: 'bpflab', ...ways });
    await client.request('launch', { program: 'tour.bpf' });
    const line = lineOf(TOUR, 'r8 = r0') - 1;
    const source = { path: 'file:///src/tour.bpf' };
    const { breakpoints } = await client.request('setBreakpoints', { source, breakpoints: [{ line, column: 4 }] });
    expect(breakpoints).toMatchObject([{ verified: true, line, column: 4, source }]);
  });
});
