/** Captures of all scenarios, dissected by tshark: no packet is malformed, no checksum is wrong, but for those that are meant to be. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packetBytes } from '../../src/kernel/scenario/packets.ts';
import { readCapture } from '../../src/net/capture.ts';
import type { Protocol } from '../../src/net/proto/protocol.ts';
import { type LayerSpec, PROTOCOLS } from '../../src/net/proto/protocols.ts';
import { toHex } from '../../src/util/hex.ts';
import { bpflab } from '../cli/harness.ts';
import { FOLDERS, openFile, scenariosOf } from './scenarios/run.ts';

const REQUIRED = process.env.BPFLAB_REQUIRE_TSHARK === '1';
const there = ['tshark', 'mergecap'].every((tool) => spawnSync(tool, ['--version']).status === 0);
if (!there && !REQUIRED) {
  console.warn('captures are not dissected: no tshark is installed (BPFLAB_REQUIRE_TSHARK=1 insists)');
}

const PATHS = FOLDERS.flatMap(scenariosOf);
/** What tshark is asked for: each packet by itself, with all checksums looked at. */
const PREFERENCES = [
  'ip.check_checksum:TRUE',
  'tcp.check_checksum:TRUE',
  'udp.check_checksum:TRUE',
  'ip.defragment:FALSE',
  'ipv6.defragment:FALSE',
  'tcp.desegment_tcp_streams:FALSE',
];
const CHECKSUMS = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].map((proto) => `${proto}.checksum.status == "Bad"`);
const BAD = ['_ws.malformed', ...CHECKSUMS].join(' || ');

/** Whether a packet is given with a header that is cut, or a length, protocol, version or checksum that is not computed. */
function isMeantBad(layers: readonly LayerSpec[]): boolean {
  return layers.some((spec) => {
    const proto: Protocol = PROTOCOLS[spec.layer];
    const fields = [...proto.fields, ...(proto.variants ?? []).flatMap((v) => v.fields)];
    const own = fields.filter(
      (f) => f.name === 'version' || ['header', 'total', 'payload', 'next', 'check'].includes(f.auto?.is ?? ''),
    );
    return ['cut', ...own.map((f) => f.name)].some((name) => name in spec);
  });
}

/** What routers and translations leave as it is: the length, and all behind the ports. */
const kept = (bytes: Uint8Array): string => `${bytes.length} ${toHex(bytes.subarray(38))}`;

/** Packets of all scenarios that are broken when they come in, what is kept of them. */
function meantBad(): Set<string> {
  const found = new Set<string>();
  for (const path of PATHS) {
    const { kernel, scenario } = openFile(path);
    for (const { action, path: at } of scenario.steps) {
      if (action.do !== 'packet' || !action.layers || !isMeantBad(action.layers)) continue;
      const built = packetBytes(kernel, action, at);
      if (built.ok) found.add(kept(built.value));
    }
  }
  return found;
}

interface Frame {
  readonly file: string;
  readonly number: number;
  readonly bytes: Uint8Array;
}

describe.skipIf(!there && !REQUIRED)('captures of the scenarios', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bpflab-captures-'));
  const frames: Frame[] = [];
  let files: string[] = [];
  beforeAll(async () => {
    const args = ['test', '--pcap', dir, ...PATHS.map((path) => join('programs', path))];
    expect((await bpflab(args)).status).toBe(0);
    files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.pcapng'))
      .map((name) => join(dir, name))
      .sort();
    for (const file of files) {
      const { capture, problems } = readCapture(readFileSync(file));
      expect(problems).toEqual([]);
      for (const [i, { bytes }] of capture!.packets.entries()) frames.push({ file, number: i + 1, bytes });
    }
  }, 600_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('are those of all devices', () => {
    expect(files.length).toBeGreaterThan(PATHS.length);
    expect(frames.length).toBeGreaterThan(2000);
  });

  it('have nothing that tshark calls malformed or wrong', () => {
    const all = join(dir, 'all.pcapng');
    expect(spawnSync('mergecap', ['-a', '-w', all, ...files], { encoding: 'utf8' })).toMatchObject({ status: 0 });
    const options = PREFERENCES.flatMap((preference) => ['-o', preference]);
    const tshark = (filter: readonly string[], field: string): string[] => {
      const args = ['-r', all, ...options, ...filter, '-T', 'fields', '-e', field];
      const { status, stdout, stderr } = spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 28 });
      expect({ status, stderr: stderr.replace(/^Running as user.*\n/, '') }).toEqual({ status: 0, stderr: '' });
      return stdout.split('\n').filter((line) => line !== '');
    };
    expect(tshark([], 'frame.number').length).toBe(frames.length);
    const deliberate = meantBad();
    const bad = tshark(['-Y', BAD], 'frame.number').map((number) => frames[Number(number) - 1]!);
    expect(bad.length, 'tshark finds those that are meant to be').toBeGreaterThan(0);
    expect(
      bad
        .filter(({ bytes }) => !deliberate.has(kept(bytes)))
        .map(({ file, number, bytes }) => `${relative(dir, file)} ${number}: ${toHex(bytes)}`),
    ).toEqual([]);
  }, 300_000);
});
