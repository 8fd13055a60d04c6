import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readCapture } from '../../src/net/capture.ts';
import { verifyChecksums } from '../../src/net/verify.ts';
import { bpflab, inTemp, NODE_RUN, ROOT } from './harness.ts';

const capture = (path: string) => readCapture(readFileSync(path)).capture!;

describe('captures', () => {
  test("the node's capture is the demo's, by interface", () => {
    const plain = capture(`${ROOT}/programs/demo/demo.pcap`);
    const node = capture(`${ROOT}/programs/demo/node.pcapng`);
    expect(node.interfaces.map((i) => i.name)).toEqual(['eth0', 'lxc']);
    const facts = (c: typeof node) => c.packets.map((p) => [p.timeNs, Buffer.from(p.bytes).toString('hex')]);
    expect(facts(node), 'run scripts/make-node-capture.ts').toEqual(facts(plain));
  });

  test('.pcapng has all packets with verdicts, .pcap those that were not dropped', async () => {
    await inTemp({}, async (at) => {
      for (const name of ['out.pcapng', 'out.pcap'])
        await bpflab([...NODE_RUN, '-q', '--maps', 'none', '--pcap-out', at(name)]);
      const input = capture(`${ROOT}/programs/demo/node.pcapng`);
      const all = capture(at('out.pcapng'));
      const sent = capture(at('out.pcap'));
      expect(all.packets).toHaveLength(input.packets.length);
      expect(all.packets.map((p) => p.timeNs)).toEqual(input.packets.map((p) => p.timeNs));
      expect(all.interfaces.map((i) => i.name)).toEqual(['eth0', 'lxc']);
      for (const { comment } of all.packets) expect(comment).toMatch(/^bpflab: (xdp|tc)_\w+: (XDP|TC_ACT)_[A-Z]+$/);
      const dropped = all.packets.filter((p) => /_(SHOT|DROP|ABORTED)$/.test(p.comment!)).length;
      expect(dropped).toBeGreaterThan(3);
      expect(sent.packets).toHaveLength(all.packets.length - dropped);
      for (const { bytes } of all.packets) {
        for (const check of verifyChecksums(bytes))
          expect(check, JSON.stringify(check)).not.toMatchObject({ status: 'bad' });
      }
    });
  });

  test("the capture's times move the clock unless they are told not to", async () => {
    const clocks = async (...more: string[]) => {
      const { out } = await bpflab([...NODE_RUN, '--json', ...more]);
      return (JSON.parse(out).packets as { clock_ns: string }[]).map((p) => BigInt(p.clock_ns));
    };
    const moving = await clocks('--clock', '12.5');
    expect(moving[0]).toBe(12_500_000_000n);
    expect(moving.at(-1)! - moving[0]!).toBeGreaterThan(10_000_000_000n);
    expect(new Set(await clocks('--time', 'fixed'))).toEqual(new Set([1_000_000_000_000n]));
  });
});
