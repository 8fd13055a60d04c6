import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REQUESTS } from '../../../src/debug/dap/requests/index.ts';
import { memoryHost } from './host.ts';
import { MemoryClient } from './memoryClient.ts';
import { PACKET } from './programs.ts';

const COMMANDS = Object.keys(REQUESTS).filter(
  (name) => !['disconnect', 'terminate', 'launch', 'restart'].includes(name),
);
/** Names of arguments: a value of a wrong kind in a right place goes deepest. */
const NAMES = [
  ...['threadId', 'frameId', 'variablesReference', 'expression', 'name', 'value', 'source', 'breakpoints', 'line'],
  ...['memoryReference', 'offset', 'count', 'instructionCount', 'data', 'filters', 'text', 'column', 'targetId'],
  ...['start', 'filter', 'granularity', 'context', 'dataId', 'condition', 'path', 'sourceReference', 'startFrame'],
  ...['__proto__', 'constructor', 'instructionOffset', 'bytes', 'asAddress', 'format', 'levels'],
];
const LIKELY = ['r1', 'fp-8', 'counts[1]', '0x615000', '1', '-1', 'pkt[0:99999]', '((((', 'AAAA', '/src/tour.bpf', ''];

const value = fc.oneof(
  fc.integer({ min: -3, max: 40 }),
  fc.integer(),
  fc.constantFrom(...LIKELY),
  fc.constantFrom(null, true, Number.MAX_SAFE_INTEGER, 1.5, [], {}, { path: '/src/tour.bpf' }, [{ line: 20 }]),
  fc.string({ maxLength: 12 }),
  fc.array(
    fc.dictionary(fc.constantFrom(...NAMES), fc.oneof(fc.integer(), fc.constantFrom(...LIKELY)), { maxKeys: 3 }),
    {
      maxLength: 3,
    },
  ),
);
const args = fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 6 });
const request = fc.record({ command: fc.constantFrom(...COMMANDS), args });

/** A client that stands in the middle of a program. */
async function standing(): Promise<MemoryClient> {
  const client = new MemoryClient(memoryHost());
  await client.request('initialize', { adapterID: 'fuzz', supportsProgressReporting: true });
  await client.request('launch', { program: 'tour.bpf', packet: [PACKET, PACKET], stopOnEntry: true, noVerify: true });
  await client.request('configurationDone');
  await client.event('stopped');
  return client;
}

const framed = (body: string): string => `Content-Length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`;

/** It still answers, and nothing that it said was against the protocol or a bug. */
async function alive(client: MemoryClient): Promise<void> {
  const { threads } = await client.request<{ threads: unknown[] }>('threads');
  expect(threads).toHaveLength(1);
  expect(client.wrong.filter((w) => !w.startsWith('arguments of'))).toEqual([]);
  expect(JSON.stringify(client.messages.filter((m) => JSON.stringify(m).includes('internal error')))).toBe('[]');
}

describe('garbage', () => {
  test('requests with any arguments are answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
        const client = await standing();
        const sent = requests.map((r) => client.post(r.command, r.args));
        await alive(client);
        const answered = new Set(client.messages.map((m) => (m as { request_seq?: number }).request_seq));
        for (const seq of sent) expect(answered.has(seq)).toBe(true);
        client.adapter.close();
      }),
      { numRuns: 120 },
    );
  });

  test('messages of any JSON are answered', async () => {
    const client = await standing();
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 3 }), async (json) => {
        client.raw(framed(json));
      }),
      { numRuns: 200 },
    );
    for (const body of [
      '[]',
      '1',
      'null',
      '{}',
      '{"type":"event"}',
      '{"type":"request"}',
      '{"type":"request","seq":"1","command":"next"}',
      '{"type":"request","seq":5}',
      '{"type":"request","seq":5,"command":"__proto__"}',
      '{"type":"request","seq":5,"command":"next","arguments":[]}',
      `{"type":"request","seq":5,"command":"${'x'.repeat(5000)}"}`,
      `${'['.repeat(100_000)}`,
    ]) {
      client.raw(framed(body));
    }
    await alive(client);
  });

  test('bytes of any kind are passed over', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }), async (chunks) => {
        const client = await standing();
        for (const chunk of chunks) client.raw(chunk);
        client.raw(`\r\n\r\n${framed('{"seq":1,"type":"request","command":"threads"}')}`);
        await alive(client);
        client.adapter.close();
      }),
      { numRuns: 40 },
    );
  });

  test('launches of anything', async () => {
    const client = new MemoryClient(memoryHost());
    await client.request('initialize', { adapterID: 'fuzz' });
    for (const launch of [
      {},
      { program: '' },
      { program: 5 },
      { program: 'exit' },
      { program: '\0', packet: 'xyz' },
      [],
    ]) {
      await client.request('launch', launch).then(
        () => client.request('terminate'),
        (e: Error) => expect(e.message).not.toBe(''),
      );
    }
    await client.request('launch', { program: 'tour.bpf' });
    await alive(client);
  });

  test('more requests than anybody waits for are refused', async () => {
    const client = new MemoryClient(memoryHost());
    await client.request('initialize', { adapterID: 'fuzz' });
    client.post('launch', { program: 'tour.bpf' });
    for (let i = 0; i < 1100; i++) client.post('threads');
    await client.event('initialized');
    await alive(client);
    const refused = client.messages.filter((m) => m.success === false);
    expect(refused).toHaveLength(100);
  });
});
