import { describe, expect, test } from 'vitest';
import { bpflab, NODE_RUN, type RunWith } from './harness.ts';

/** What users see, word by word. After a wanted change: `npx vitest run test/cli -u`. */
const COMMANDS: readonly (readonly [name: string, args: readonly string[], options?: RunWith])[] = [
  ['help', ['--help'], { columns: 80 }],
  ['help-verify', ['help', 'verify'], { columns: 80 }],
  ['help-run', ['help', 'run'], { columns: 80 }],
  ['help-test', ['test', '--help'], { columns: 80 }],
  ['help-asm', ['asm', '--help'], { columns: 80 }],
  ['help-disasm', ['disasm', '--help'], { columns: 80 }],
  ['help-explain', ['explain', '--help'], { columns: 80 }],
  ['help-conformance', ['conformance', '--help'], { columns: 80 }],
  ['count', ['run', 'programs/hello/count.bpf', '--pcap', 'programs/demo/demo.pcap']],
  ['node', [...NODE_RUN, '--ct']],
  ['node-80', [...NODE_RUN, '--ct'], { columns: 80 }],
  ['node-json', [...NODE_RUN, '--json']],
  ['node-dump', [...NODE_RUN, '--quiet', '--map-dump']],
  [
    'tc-colour',
    [
      'run',
      'programs/lb/tc.bpf',
      '--map-init',
      'programs/demo/maps.json',
      '--pcap',
      'programs/demo/demo.pcap',
      '--maps',
      'none',
    ],
    { columns: 80, colour: true },
  ],
  ['scenario', ['test', 'test/cli/scenarios/router.yaml', '-v']],
  ['scenario-80', ['test', 'test/cli/scenarios/router.yaml'], { columns: 80, colour: true }],
  ['scenario-json', ['test', 'test/cli/scenarios/router.yaml', '--json', '--step', '2']],
  ['asm-hex', ['asm', 'programs/hello/count.bpf']],
  ['asm-c', ['asm', 'programs/hello/drop-port.bpf', '--format', 'c']],
  ['disasm-kernel', ['disasm', 'b7000000020000001500010002000000b7000000000000009500000000000000']],
  ['disasm-llvm', ['disasm', 'b7000000020000001500010002000000b7000000000000009500000000000000', '-s', 'llvm']],
  ['disasm-ubpf', ['disasm', 'b7000000020000001500010002000000b7000000000000009500000000000000', '-s', 'ubpf']],
  ['disasm-json', ['disasm', 'b7000000020000009500000000000000', '--json']],
];

describe('output', () => {
  for (const [name, args, options] of COMMANDS)
    test(name, async () => {
      const ran = await bpflab(args, options);
      expect(ran.err.replace(/^note: .*\n/gm, '')).toBe('');
      expect(ran.status).toBe(0);
      await expect(ran.out).toMatchFileSnapshot(`../recorded/cli/${name}.txt`);
    });

  test('80 columns are enough for everything but what cannot be broken', async () => {
    const { out } = await bpflab([...NODE_RUN, '--maps', 'none'], { columns: 80 });
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('--json is JSON, and says the same as the text', async () => {
    const json = JSON.parse((await bpflab([...NODE_RUN, '--json'])).out);
    const text = (await bpflab(NODE_RUN)).out;
    expect(json.ok).toBe(true);
    expect(json.packets.length).toBeGreaterThan(48);
    for (const { prog, verdict } of json.packets) expect(text).toContain(`${prog} ${verdict}`);
    expect(json.maps.map((m: { name: string }) => m.name)).toContain('cilium_ct4_global');
    expect(json.ct).toEqual((await bpflab([...NODE_RUN, '--ct', '-q', '--maps', 'none'])).out.trim().split('\n'));
  });

  test('the same run prints the same bytes; another seed is another run', async () => {
    const once = await bpflab([...NODE_RUN, '--json']);
    expect((await bpflab([...NODE_RUN, '--json'])).out).toBe(once.out);
    const shifted = await bpflab([...NODE_RUN, '--json', '--clock', '5000']);
    expect(shifted.out).not.toBe(once.out);
  });
});
