import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CAPABILITIES, CAPABILITY_ROWS } from '../../../src/debug/dap/capabilities.ts';
import { REQUESTS } from '../../../src/debug/dap/requests/index.ts';
import { CASES, type Files } from './cases.ts';
import { CheckedClient, serveDap, spawnDap } from './processClient.ts';
import { FAULTY, LONG, PACKET, RAW, TOUR } from './programs.ts';

let dir: string;
let files: Files;
let server: Awaited<ReturnType<typeof serveDap>>;

beforeAll(async () => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'bpflab-dap-')));
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  files = {
    tour: file('tour.bpf', TOUR),
    faulty: file('faulty.bpf', FAULTY),
    long: file('long.bpf', LONG),
    raw: file('raw.hex', RAW),
  };
  server = await serveDap();
});

afterAll(async () => {
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function connected(): Promise<CheckedClient> {
  const client = new CheckedClient();
  await client.start(server.port);
  return client;
}

describe('capabilities', () => {
  test('each that is announced has its requests and its case', () => {
    expect(Object.keys(CASES).sort()).toEqual(Object.keys(CAPABILITIES).sort());
    for (const { requests } of Object.values(CAPABILITY_ROWS)) {
      for (const name of requests) expect(REQUESTS).toHaveProperty(name);
    }
  });

  test.each(Object.entries(CASES))('%s', async (name, run) => {
    const client = await connected();
    try {
      await run(client, files);
      const answer = client.messages.find((m) => m.command === 'initialize');
      expect(answer?.body).toHaveProperty(name);
      expect(client.wrong).toEqual([]);
    } finally {
      await client.stop();
    }
  });

  test('several clients at once do not disturb each other', async () => {
    const clients = await Promise.all([connected(), connected(), connected()]);
    await Promise.all(
      clients.map(async (client, i) => {
        const program = i === 1 ? files.long : files.tour;
        await client.begin({ program, packet: PACKET, stopOnEntry: i !== 1, noVerify: true });
        if (i === 1) await client.pauseRequest({ threadId: 1 });
        await client.stopped();
        await client.nextRequest({ threadId: 1 });
        await client.stopped();
        expect((await client.frame()).source?.path).toBe(program);
      }),
    );
    await Promise.all(clients.map((client) => client.stop()));
  });

  test('over standard input and output; the process ends when the client disconnects', async () => {
    const child = spawnDap();
    const ended = new Promise((resolve) => child.on('close', resolve));
    let stderr = '';
    child.stderr!.on('data', (chunk) => {
      stderr += chunk;
    });
    const client = new CheckedClient();
    client.attach(child);
    await client.begin({ program: files.tour, packet: PACKET, stopOnEntry: true });
    await client.stopped();
    await client.disconnectRequest({});
    expect(await ended).toBe(0);
    expect(stderr).toBe('');
    expect(client.wrong).toEqual([]);
  });

  test('the process ends when its input ends', async () => {
    const child = spawnDap();
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.stdin!.end('Content-Length: 10\r\n\r\n{');
    expect(await ended).toBe(0);
  });
});
