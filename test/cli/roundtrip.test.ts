import { describe, expect, test } from 'vitest';
import { bpflab, inTemp } from './harness.ts';

/** Files that hold programs of their own, and what they consist of. */
const SOURCES = ['hello/count', 'hello/drop-port', 'hello/limit', 'conntrack/firewall', 'lb/tc', 'lb/xdp', 'lb/node'];

describe('asm and disasm', () => {
  test.each(SOURCES.flatMap((s) => ['kernel', 'llvm', 'ubpf'].map((d) => [s, d] as const)))(
    '%s survives %s syntax',
    async (name, syntax) => {
      const json = await bpflab(['asm', `programs/${name}.bpf`, '--json']);
      const { programs } = JSON.parse(json.out) as { programs: { name: string; insns: string }[] };
      expect(programs.length).toBeGreaterThan(0);
      for (const { insns } of programs) {
        await inTemp({ 'prog.hex': insns }, async (at) => {
          const text = await bpflab(['disasm', at('prog.hex'), '--syntax', syntax]);
          expect(text.status).toBe(0);
          const again = await bpflab(['asm', '-', '--format', 'bin'], { stdin: text.out });
          expect(again.err).toBe('');
          expect(Buffer.from(again.bytes).toString('hex')).toBe(insns);
        });
      }
    },
  );

  test('a request prints as text that makes the same insns and maps', async () => {
    const request = await bpflab(['asm', 'programs/hello/count.bpf', '--request']);
    const text = await bpflab(['disasm', '-', '--syntax', 'llvm'], { stdin: request.out });
    expect(text.out).toMatch(/^\.map counts, type=BPF_MAP_TYPE_ARRAY, key=4, value=8, max_entries=256\n/);
    expect(text.out).toContain('r1 = counts ll');
    const again = JSON.parse((await bpflab(['asm', '-', '--request', '--type', 'xdp'], { stdin: text.out })).out);
    const first = JSON.parse(request.out);
    expect(again.insns).toBe(first.insns);
    expect(again.map_relocs).toEqual(first.map_relocs);
  });

  test('the request runs like the text it comes from', async () => {
    const request = await bpflab(['asm', 'programs/hello/count.bpf', '--request']);
    const pcap = ['--pcap', 'programs/demo/demo.pcap', '--json'];
    const fromText = JSON.parse((await bpflab(['run', 'programs/hello/count.bpf', ...pcap])).out);
    const fromRequest = JSON.parse((await bpflab(['run', '-', ...pcap], { stdin: request.out })).out);
    expect(fromRequest.packets).toEqual(fromText.packets);
    expect(fromRequest.maps).toEqual(fromText.maps);
  });
});
