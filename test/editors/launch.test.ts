import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { completeLaunch } from '../../editors/vscode/src/launch.ts';
import { candidates, lookUp, type Words } from '../../editors/vscode/src/words.ts';
import { LAUNCH_SHAPE } from '../../src/debug/dap/host.ts';
import { parsePacket } from '../../src/net/parse.ts';
import { fromHex } from '../../src/util/hex.ts';

const DIR = resolve(import.meta.dirname, '../../editors/vscode');
const read = (path: string) => JSON.parse(readFileSync(`${DIR}/${path}`, 'utf8'));
const [debuggerOf] = read('package.json').contributes.debuggers;
const words = read('data/words.json') as Words;
const packet = read('data/packet.json') as string;

describe('launch configurations', () => {
  test('F5 on a file needs none', () => {
    expect(completeLaunch({}, '/a/b.bpf', packet)).toEqual({
      type: 'bpflab',
      request: 'launch',
      name: 'bpflab: this file',
      program: '/a/b.bpf',
      packet,
      stopOnEntry: true,
    });
    expect(completeLaunch({}, undefined, packet)).toBeUndefined();
  });

  test('what is said stays', () => {
    const pcap = { type: 'bpflab', request: 'launch', name: 'n', program: '/x.bpf', pcap: 'c.pcap', nth: 2 };
    expect(completeLaunch(pcap, '/a/b.bpf', packet)).toEqual(pcap);
    const replay = { type: 'bpflab', request: 'launch', name: 'n', replay: 'r.json' };
    expect(completeLaunch(replay, '/a/b.bpf', packet)).toEqual(replay);
    // A load request may hold test runs of its own.
    const request = { type: 'bpflab', request: 'launch', name: 'n', program: 'request.json' };
    expect(completeLaunch(request, undefined, packet)).toEqual(request);
  });

  test('the schema knows what the adapter takes, and nothing else', () => {
    const known = Object.keys(debuggerOf.configurationAttributes.launch.properties);
    const taken = Object.keys(LAUNCH_SHAPE.may ?? {}).filter((name) => name !== 'noDebug');
    expect(known.sort()).toEqual(taken.sort());
  });

  test("the adapter takes no argument of a name that is the editor's own", () => {
    const own = ['type', 'request', 'name', 'presentation', 'preLaunchTask', 'postDebugTask', 'internalConsoleOptions'];
    expect(Object.keys(LAUNCH_SHAPE.may ?? {}).filter((name) => own.includes(name))).toEqual([]);
  });

  test('all that are offered fit the schema; without program and replay none does', () => {
    const valid = new Ajv({ allowUnionTypes: true, strictRequired: false, strictTypes: false }).compile(
      debuggerOf.configurationAttributes.launch,
    );
    const offered = [
      ...debuggerOf.initialConfigurations,
      ...debuggerOf.configurationSnippets.map((snippet: { body: object }) => snippet.body),
      completeLaunch({}, '/a/b.bpf', packet),
    ];
    expect(offered.length).toBeGreaterThan(4);
    for (const one of offered) expect(valid(one), JSON.stringify(valid.errors)).toBe(true);
    expect(valid({ pcap: 'x' })).toBe(false);
    expect(valid({ program: 'x', nth: 0 })).toBe(false);
  });
});

test('the default packet is a TCP SYN of 64 bytes with good checksums', () => {
  const bytes = fromHex(packet)!;
  expect(bytes.length).toBe(64);
  const text = JSON.stringify(parsePacket(bytes));
  expect(text).toContain('"dport":80');
});

test('words are looked up and completed', () => {
  expect(lookUp(words, 'bpf_map_lookup_elem')?.text).toMatch(/^void \*bpf_map_lookup_elem\(.*map.*key.*\) — helper #1/);
  expect(lookUp(words, 'XDP_PASS')?.text).toBe('XDP_PASS = 2');
  expect(lookUp(words, 'xdp_md.data_end')?.kind).toBe('field');
  expect(lookUp(words, 'constructor')).toBeUndefined();
  expect(candidates(words, '  call bpf_map_lookup_e').map((c) => c.name)).toContain('bpf_map_lookup_elem');
  expect(candidates(words, '.fu').map((c) => c.name)).toEqual(['.func']);
  expect(candidates(words, '  r0 = XDP_PA').map((c) => c.name)).toContain('XDP_PASS');
  expect(candidates(words, '# call bpf_')).toEqual([]);
});
