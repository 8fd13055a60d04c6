/** Our reading of packets and captures against what Wireshark's tools made of them (scripts/record-net.ts). */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readCapture } from '../../src/net/capture.ts';
import { type PacketStart, parsePacket } from '../../src/net/parse.ts';
import { verifyChecksums } from '../../src/net/verify.ts';
import { BAD_SAMPLES, SAMPLES } from './samples.ts';
import { TSHARK_FIELDS } from './tsharkFields.ts';

const file = (name: string) => new Uint8Array(readFileSync(new URL(`../recorded/net/${name}`, import.meta.url)));
type Row = Readonly<Record<string, string>>;
const tshark = JSON.parse(new TextDecoder().decode(file('tshark.json'))) as { all: Row[]; bad: Row[] };

type Values = (string | number)[];

const STATUS: Readonly<Record<string, string>> = { 0: 'bad', 1: 'good', 2: 'partial', 3: 'none' };

/** Our values of one field, outermost layer first. */
function ours(bytes: Uint8Array, path: string): Values {
  const start: PacketStart = 'eth';
  if (path.endsWith(' status')) {
    const name = path.slice(0, -7);
    return verifyChecksums(bytes, { start })
      .filter((c) => c.layer.replace(/#.*/, '') === name)
      .map((c) => c.status);
  }
  const [layer, field] = path.split('.') as [string, string];
  return parsePacket(bytes, { start })
    .layers.filter((l) => l.layer === layer)
    .map((l) => (l as unknown as Record<string, string | number | undefined>)[field])
    .filter((v) => v !== undefined);
}

function theirs(path: string, text: string | undefined): Values {
  const values = text === undefined ? [] : text.split(',');
  if (path.endsWith(' status')) return values.map((v) => STATUS[v]!);
  return values.map((v) => (/^(0x[0-9a-f]+|\d+)$/.test(v) ? Number(v) : v));
}

/** Where tshark shows less of a field than we read: what of ours it shows. */
const SHOWN: Readonly<Record<string, (mine: Values, sample: string) => Values>> = {
  // An 802.1ad tag is another protocol for it.
  'vlan.vid': (mine) => mine.slice(-1),
  'vlan.pcp': (mine) => mine.slice(-1),
  'icmp.mtu': (mine, sample) => (sample === 'need to frag' ? mine : []),
  // It does not show raw sequence numbers of quoted segments, nor judge what a redirect quotes.
  'tcp.seq': (mine, sample) => (['need to frag', 'time exceeded'].includes(sample) ? [] : mine),
  'tcp status': (mine, sample) => (sample === 'time exceeded' ? [] : mine),
  'udp status': (mine, sample) => (sample === 'redirect' ? ['partial'] : mine),
  // The field compared is the one of solicitations.
  'icmp6.target': (mine, sample) => (sample === 'neighbor solicitation' ? mine : []),
};

describe('tshark', () => {
  for (const [which, samples] of [
    ['all', SAMPLES],
    ['bad', BAD_SAMPLES],
  ] as const) {
    test(`${which}: every field and checksum is read alike`, () => {
      expect(tshark[which].map((r) => r['frame.comment'])).toEqual(samples.map((s) => s.name));
      let compared = 0;
      for (const [i, { name, bytes }] of samples.entries()) {
        const row = tshark[which][i]!;
        for (const [key, path] of TSHARK_FIELDS) {
          const read = ours(bytes, path);
          const mine = SHOWN[path]?.(read, name) ?? read;
          expect(mine, `${name}: ${path}`).toEqual(theirs(path, row[key]));
          compared += mine.length;
        }
      }
      expect(compared).toBeGreaterThan(which === 'all' ? 900 : 100);
    });
  }
});

describe('captures rewritten by editcap and mergecap', () => {
  const TIME = 1_700_000_000_000_000_000n;
  const packets = SAMPLES.map(({ bytes, name }, i) => ({ timeNs: TIME + BigInt(i) * 1_000_001_001n, bytes, name }));
  const micro = (t: bigint) => t - (t % 1000n);
  const read = (name: string) => {
    const { capture, problems } = readCapture(file(name));
    expect(problems).toEqual([]);
    return capture!;
  };
  const bare = (list: readonly { timeNs: bigint; bytes: Uint8Array }[]) =>
    list.map(({ timeNs, bytes }) => ({ timeNs, bytes }));

  test('pcap, microseconds', () => {
    const { packets: got } = read('editcap.pcap');
    expect(bare(got)).toEqual(bare(packets.map((p) => ({ ...p, timeNs: micro(p.timeNs) }))));
  });

  test('pcap, nanoseconds, from our big-endian file', () => {
    expect(bare(read('big-endian.pcap').packets)).toEqual(bare(packets));
    expect(bare(read('editcap-nsec.pcap').packets)).toEqual(bare(packets));
  });

  test('pcapng with our comments', () => {
    for (const name of ['all.pcapng', 'editcap.pcapng']) {
      const { packets: got } = read(name);
      expect(bare(got)).toEqual(bare(packets));
      expect(got.map((p) => p.comment)).toEqual(packets.map((p) => p.name));
    }
  });

  test('packets cut to 40 bytes keep their length', () => {
    const { packets: got } = read('editcap-snap40.pcapng');
    expect(got.map((p) => p.origLen)).toEqual(packets.map((p) => p.bytes.length));
    expect(bare(got)).toEqual(bare(packets.map((p) => ({ ...p, bytes: p.bytes.subarray(0, 40) }))));
  });

  test('two files merged: two interfaces', () => {
    const merged = read('mergecap.pcapng');
    expect(merged.interfaces.map((i) => i.linkType)).toEqual([1, 1]);
    expect(merged.packets.map((p) => p.interface)).toEqual([...BAD_SAMPLES.map(() => 0), ...SAMPLES.map(() => 1)]);
  });
});
