import { describe, expect, test } from 'vitest';
import { memoryHost } from './host.ts';
import { MemoryClient } from './memoryClient.ts';
import { lineOf, TOUR } from './programs.ts';

const THREAD = { threadId: 1 };

describe('over a stream in memory', () => {
  test('a program is stepped forwards and backwards', async () => {
    const client = new MemoryClient(memoryHost());
    await client.request('initialize', { adapterID: 'bpflab' });
    await client.request('launch', { program: 'tour.bpf', stopOnEntry: true });
    await client.event('initialized');
    await client.request('setBreakpoints', {
      source: { path: '/work/tour.bpf' },
      breakpoints: [{ line: lineOf(TOUR, 'r8 = r0') }],
    });
    await client.request('configurationDone');
    expect(await client.event('stopped')).toMatchObject({ reason: 'entry' });
    await client.request('continue', THREAD);
    expect(await client.event('stopped')).toMatchObject({ reason: 'breakpoint' });
    await client.request('stepBack', THREAD);
    await client.event('stopped');
    const { stackFrames } = await client.request<{ stackFrames: { line: number }[] }>('stackTrace', THREAD);
    expect(stackFrames[0]?.line).toBe(lineOf(TOUR, 'call twice'));
    await client.request('continue', THREAD);
    await client.event('stopped');
    await client.request('continue', THREAD);
    expect(await client.event('stopped')).toMatchObject({ reason: 'end' });
    await client.request('continue', THREAD);
    await client.event('terminated');
    expect(client.wrong).toEqual([]);
  });
});
