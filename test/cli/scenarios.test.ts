import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { Verdicts } from '../../src/cli/test/verdicts.ts';
import { readCapture } from '../../src/net/capture.ts';
import { verifyChecksums } from '../../src/net/verify.ts';
import { bpflab, inTemp, ROOT } from './harness.ts';

const SCENARIOS = 'test/cli/scenarios';
const text = (name: string): string => readFileSync(join(ROOT, SCENARIOS, name), 'utf8');
const GATE = { 'gate.bpf': text('gate.bpf') };

/** A node that forwards, and a flood of packets. */
const flood = (packets: number): string => `bpflab: 1
name: flood
node:
  sysctls: { net.ipv4.ip_forward: 1 }
  devices:
    - { name: eth0, addresses: [192.0.2.1/24] }
    - { name: eth1, addresses: [10.0.2.1/24] }
  neighbours: [{ address: 10.0.2.80, mac: 02:00:00:00:02:80, dev: eth1 }]
programs:
  - { file: gate.bpf, attach: [{ prog: gate, hook: xdp, dev: eth0 }] }
steps:
  - traffic:
      in: eth0
      packets: ${packets}
      flows: 4
      vary: { udp.dport: 4 }
      ipv4: { src: 192.0.2.10, dst: 10.0.2.80 }
      udp: { sport: 40000, dport: 7000 }
`;

/** Well-formed as far as elements, attributes and entities go; the names of elements in their order. */
function xmlElements(xml: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const rest = xml.replace(/^<\?xml [^>]*\?>\n/, '');
  const tag = /<(\/?)([a-z]+)((?: [a-z]+="[^"<&]*(?:&(?:amp|lt|gt|quot|apos|#\d+);[^"<&]*)*")*)(\/?)>/g;
  let last = 0;
  for (const found of rest.matchAll(tag)) {
    expect(rest.slice(last, found.index)).toMatch(/^(?:[^<&]|&(?:amp|lt|gt);)*$/);
    last = found.index + found[0].length;
    const [, close, name, , empty] = found as unknown as [string, string, string, string, string];
    if (close) expect(open.pop()).toBe(name);
    else {
      names.push(name);
      if (!empty) open.push(name);
    }
  }
  expect(open).toEqual([]);
  expect(rest.slice(last).trim()).toBe('');
  return names;
}

describe('bpflab test', () => {
  test('tells of what is not as expected, line by line', async () => {
    const ran = await bpflab(['test', `${SCENARIOS}/closed.yaml`], { columns: 100 });
    expect(ran.status).toBe(1);
    expect(ran.err).toBe('');
    await expect(ran.out).toMatchFileSnapshot('../recorded/cli/scenario-closed.txt');
  });

  test('of a directory: all scenarios below it, timelines of those that fail, a summary', async () => {
    const ran = await bpflab(['test', SCENARIOS]);
    expect(ran.status).toBe(1);
    expect(ran.out).toContain('ok      router (test/cli/scenarios/router.yaml): 4 steps\n');
    expect(ran.out).toContain('FAILED  broken (test/cli/scenarios/broken.yaml): 0 steps, it cannot begin\n');
    expect(ran.out).toMatch(/3 scenarios: 1 passed, 2 failed\n$/);
    expect(ran.err).toContain('test/cli/scenarios/broken.yaml:7:5: error: programs[0]: the verifier rejects xdp');
    expect(ran.out).not.toContain('veth0 -> server');
    const quiet = await bpflab(['test', SCENARIOS, '-q', '-t', 'rout']);
    expect(quiet).toMatchObject({ status: 0, out: 'ok      router (test/cli/scenarios/router.yaml): 4 steps\n' });
    const all = await bpflab(['test', SCENARIOS, '-v']);
    expect(all.out).toContain('veth0 -> server');
  });

  test('passes over other YAML, and says where there is no scenario', async () => {
    await inTemp({ 'router.yaml': text('../../../programs/node/router.yaml') }, async (at) => {
      expect(await bpflab(['test', at('')])).toMatchObject({
        status: 2,
        err: expect.stringContaining('no scenario in '),
      });
    });
    expect((await bpflab(['test', SCENARIOS, '-t', 'nothing'])).status).toBe(2);
    const ran = await bpflab(['test', 'nowhere.yaml', `${SCENARIOS}/router.yaml`]);
    expect(ran.status).toBe(2);
    expect(ran.err).toContain('nowhere.yaml: no such file');
    expect(ran.out).toContain('2 scenarios: 1 passed, 1 unusable');
    expect((await bpflab(['test', SCENARIOS, '--json', '--tap'])).status).toBe(2);
  });

  test('--step shows one step only', async () => {
    const { out } = await bpflab(['test', `${SCENARIOS}/router.yaml`, '--step', '3']);
    expect(out).toContain('   3  +0.000000s   advance 12 s\n');
    expect(out).not.toContain('# Two more requests.');
  });

  test('80 columns are enough, with and without colour', async () => {
    for (const colour of [false, true]) {
      const { out } = await bpflab(['test', SCENARIOS, '-v'], { columns: 80, colour });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
      const lines = out.replace(/\x1b\[\d+m/g, '').split('\n');
      expect(lines.filter((line) => line.length > 80 && !line.startsWith('FAILED'))).toEqual([]);
    }
  });

  test('--tap', async () => {
    const { out, status } = await bpflab(['test', `${SCENARIOS}/closed.yaml`, `${SCENARIOS}/router.yaml`, '--tap']);
    expect(status).toBe(1);
    await expect(out).toMatchFileSnapshot('../recorded/cli/scenario-tap.txt');
  });

  test('--junit: well-formed, whatever stands in names', async () => {
    const odd = text('closed.yaml').replace(/^name:.*$/m, 'name: "a <b> & \\"c\\" \\u0007 ]]> \'d\'"');
    await inTemp({ ...GATE, 'odd.yaml': odd }, async (at) => {
      const { status } = await bpflab(['test', at('odd.yaml'), `${SCENARIOS}/broken.yaml`, '--junit', at('out.xml')]);
      expect(status).toBe(1);
      const xml = readFileSync(at('out.xml'), 'utf8');
      const names = xmlElements(xml);
      expect(names.filter((n) => n === 'testcase')).toHaveLength(4);
      expect(names.filter((n) => n === 'failure')).toHaveLength(4);
      expect(names.filter((n) => n === 'error')).toHaveLength(1);
      expect(xml).toContain('classname="a &lt;b&gt; &amp; &quot;c&quot; \ufffd ]]&gt; &apos;d&apos;"');
      expect(xml).toContain('<testsuites name="bpflab" tests="4" failures="2" errors="1" ');
    });
  });

  test('--json: an object a scenario, with what was observed and what failed', async () => {
    const { out } = await bpflab(['test', SCENARIOS, '--json']);
    const [broken, closed, router] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(broken).toMatchObject({
      name: 'broken',
      ok: false,
      state: 'broken',
      problems: [{ code: 'scenario.rejected' }],
    });
    expect(closed).toMatchObject({ ok: false, state: 'done', failures: [{ what: 'maps.tallies.count' }] });
    expect(closed.steps[0].failures.map((f: { what: string }) => f.what)).toEqual(['verdicts', 'path', 'out']);
    expect(closed.steps[0].observed.out).toEqual([{ dev: 'host/eth1', bytes: expect.any(String) }]);
    expect(router).toMatchObject({ ok: true, packets: 4 });
    expect(router.steps[1]).toMatchObject({ number: 2, line: 33, observed: { verdicts: ['XDP_DROP'] } });
  });

  test('--update writes what was seen, once, and nothing else', async () => {
    const before = text('closed.yaml').replace('    expect: { log: [] }', '    expect: record');
    await inTemp({ ...GATE, 'closed.yaml': before }, async (at) => {
      const ran = await bpflab(['test', at('closed.yaml'), '--update']);
      expect(ran.status).toBe(0);
      expect(ran.out).toContain(`updated ${at('closed.yaml')}:25: steps[0].expect: verdicts, path, out`);
      const after = readFileSync(at('closed.yaml'), 'utf8');
      expect(parseDocument(after).toJS().steps[0].expect.verdicts).toEqual(['XDP_PASS']);
      expect(parseDocument(after).toJS().expect.maps.tallies.count).toBe(1);
      expect(after.split('\n').slice(0, 24)).toEqual(before.split('\n').slice(0, 24));
      const again = await bpflab(['test', at('closed.yaml'), '--update']);
      expect(again.status).toBe(0);
      expect(again.out).not.toContain('updated');
      expect(readFileSync(at('closed.yaml'), 'utf8')).toBe(after);
      expect((await bpflab(['test', at('closed.yaml')])).status).toBe(0);
    });
  });

  test('--update leaves alone what somebody means, and what cannot run', async () => {
    const meant = text('router.yaml').replace('{ packets: 3 }', '{ packets: 4 }');
    const faulty = text('closed.yaml').replace('  - advance: 90s', '  - delete: { nowhere: [1] }');
    await inTemp({ ...GATE, 'meant.yaml': meant, 'faulty.yaml': faulty }, async (at) => {
      expect((await bpflab(['test', at('meant.yaml'), at('faulty.yaml'), '--update'])).status).toBe(1);
      expect(readFileSync(at('meant.yaml'), 'utf8')).toBe(meant);
      expect(readFileSync(at('faulty.yaml'), 'utf8')).toBe(faulty);
    });
  });

  test('--pcap: what each device sees, with verdicts, whole and with good checksums', async () => {
    await inTemp({}, async (at) => {
      await bpflab(['test', `${SCENARIOS}/router.yaml`, '--pcap', at('caps')]);
      const files = readdirSync(at('caps/router')).sort();
      expect(files).toEqual(['host-eth0.pcapng', 'host-veth0.pcapng', 'server-eth0.pcapng']);
      const read = files.map((name) => readCapture(readFileSync(at(`caps/router/${name}`))));
      expect(read.flatMap((r) => r.problems)).toEqual([]);
      const [eth0, veth0, server] = read.map((r) => r.capture!.packets);
      expect(eth0!.map((p) => [p.timeNs, p.comment, p.flags])).toEqual([
        [1_000_000_000_000n, 'bpflab: xdp gate: XDP_PASS', 1],
        [1_000_000_000_000n, 'bpflab: xdp gate: XDP_DROP\nbpflab: dropped XDP', 1],
        [1_012_000_000_000n, 'bpflab: xdp gate: XDP_PASS', 1],
        [1_012_000_000_000n, 'bpflab: xdp gate: XDP_PASS', 1],
      ]);
      expect(veth0!.map((p) => p.flags)).toEqual([2, 2, 2]);
      expect(server!.map((p) => p.bytes)).toEqual(veth0!.map((p) => p.bytes));
      for (const { bytes } of [...eth0!, ...veth0!]) {
        expect(verifyChecksums(bytes).filter((c) => c.status === 'bad')).toEqual([]);
      }
    });
  });

  test('Ctrl-C ends a flood with the captures whole and the summary so far', async () => {
    await inTemp({ ...GATE, 'flood.yaml': flood(100_000_000) }, async (at) => {
      const args = ['test', at('flood.yaml'), `${SCENARIOS}/router.yaml`, '--pcap', at('caps')];
      const ran = await bpflab(args, { stopAfter: 4 });
      expect(ran.status).toBe(130);
      expect(ran.err).toMatch(/flood: interrupted after 0 of 1 steps and \d+ packets/);
      expect(ran.out).toMatch(/ended {3}flood .*: 0 steps, interrupted\n/);
      expect(ran.out).not.toContain('router');
      const packets = Number(/and (\d+) packets/.exec(ran.err)![1]);
      const names = readdirSync(at('caps/flood')).sort();
      expect(names).toEqual(['host-eth0.pcapng', 'host-eth1.pcapng']);
      const { capture, problems } = readCapture(readFileSync(at('caps/flood/host-eth0.pcapng')));
      expect(problems).toEqual([]);
      expect(capture!.packets).toHaveLength(packets);
      const json = await bpflab(['test', at('flood.yaml'), '--json'], { stopAfter: 2 });
      expect(JSON.parse(json.out)).toMatchObject({ ok: false, state: 'interrupted' });
      const tap = await bpflab(['test', at('flood.yaml'), '--tap'], { stopAfter: 2 });
      expect(tap.out).toMatch(/Bail out! interrupted\n$/);
    });
  });

  test('a fault is told at its line, with the way that the packet had come', async () => {
    const faulty = `.section "xdp"\ngate:\n  r1 = 0\n  r0 = *(u64 *)(r1 + 8)\n  exit\n`;
    const file = text('router.yaml').replace('- file: gate.bpf', '- file: gate.bpf\n    verify: skip');
    await inTemp({ 'gate.bpf': faulty, 'faulty.yaml': file }, async (at) => {
      const ran = await bpflab(['test', at('faulty.yaml')]);
      expect(ran.status).toBe(1);
      expect(ran.err).toContain(`${at('gate.bpf')}:4:3: error: 8-byte read at address 0x8`);
      expect(ran.out).toContain('        eth0 in: IP 192.0.2.10.40000 > 10.0.2.80.7777: UDP, length 13\n');
      expect(ran.out).toContain('FAILED  router (');
      const tap = await bpflab(['test', at('faulty.yaml'), '--tap']);
      expect(tap.out).toContain('    not ok 1 - 1 packet\n      ---\n      message: ');
    });
  });

  test('--watch runs again when something changes that was read', async () => {
    await inTemp({ ...GATE, 'router.yaml': text('router.yaml') }, async (at) => {
      let waits = 0;
      const onWait = (paths: readonly string[]): 'changed' | 'left' => {
        expect(paths).toEqual([at('.'), at('gate.bpf'), at('router.yaml')].sort());
        if (++waits === 2) return 'left';
        writeFileSync(at('gate.bpf'), GATE['gate.bpf'].replace('r9 != 9', 'r9 != 10'));
        return 'changed';
      };
      const ran = await bpflab(['test', at('.'), '--watch', '-q'], { onWait });
      expect(ran.status).toBe(1);
      expect(ran.out.split('\n').map((line) => line.slice(0, 6))).toEqual(['ok    ', 'FAILED', '']);
      expect(ran.err).toBe('waiting for changes; q leaves\n'.repeat(2));
    });
    expect((await bpflab(['test', SCENARIOS, '--watch'])).err).toContain('nobody is there to wait');
  });

  test('verdicts are remembered: what was verified once is not verified again', () => {
    const verdicts = new Verdicts();
    const request = { name: 'x', prog_type: 'xdp', insns: 'b700000002000000 9500000000000000' };
    const job = (more: object = {}) => {
      const made = verdicts.jobs({ ...request, ...more }, {});
      return made.ok ? made.value[0]! : undefined;
    };
    const first = job();
    while (!first!.advance(1));
    expect(job()!.advance(0)?.verification.verdict).toBe('accept');
    expect(job({ insns: 'b700000001000000 9500000000000000' })!.advance(0)).toBeUndefined();
    expect(job({ prog_type: 'socket_filter' })!.advance(0)).toBeUndefined();
  });

  test('scenarios of one name have captures of their own', async () => {
    await inTemp({}, async (at) => {
      for (const dir of ['a', 'b']) {
        mkdirSync(at(dir));
        for (const name of ['gate.bpf', 'router.yaml']) copyFileSync(join(ROOT, SCENARIOS, name), at(`${dir}/${name}`));
      }
      await bpflab(['test', at('a'), at('b'), at('a/router.yaml'), '--pcap', at('caps')]);
      expect(readdirSync(at('caps')).sort()).toEqual(['router', 'router-2']);
      writeFileSync(at('file'), '');
      const { status, err } = await bpflab(['test', at('a'), '--pcap', at('file')]);
      expect(status).toBe(2);
      expect(err).toContain('cannot be written');
      expect(existsSync(at('caps/router/host-eth0.pcapng'))).toBe(true);
    });
  });

  test.skipIf(spawnSync('tshark', ['--version']).error !== undefined)('tshark reads the captures', async () => {
    await inTemp({ ...GATE, 'flood.yaml': flood(500) }, async (at) => {
      await bpflab(['test', at('flood.yaml'), '--pcap', at('caps')]);
      const checks = ['-o', 'udp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
      const fields = ['-T', 'fields', '-e', 'ip.checksum.status', '-e', 'udp.checksum.status', '-e', '_ws.malformed'];
      const ran = spawnSync('tshark', ['-r', at('caps/flood/host-eth1.pcapng'), ...checks, ...fields], {
        encoding: 'utf8',
      });
      expect(
        ran.stdout
          .trimEnd()
          .split('\n')
          .map((line) => line.trim()),
      ).toEqual(Array(500).fill('1\t1'));
    });
  });
});
