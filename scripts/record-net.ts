/**
 * Records what Wireshark's tools make of our captures: `npx tsx scripts/record-net.ts` (needs tshark, editcap and mergecap).
 * Writes test/recorded/net/: our samples as pcapng, the same rewritten by editcap and mergecap, and
 * tshark's reading of every packet, which test/net/recorded.test.ts holds ours against.
 */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { writePcap } from '../src/net/pcap.ts';
import { writePcapng } from '../src/net/pcapngWrite.ts';
import type { Result } from '../src/util/problem.ts';
import { BAD_SAMPLES, SAMPLES } from '../test/net/samples.ts';
import { TSHARK_FIELDS } from '../test/net/tsharkFields.ts';

const DIR = new URL('../test/recorded/net/', import.meta.url).pathname;
const FIRST = 1_700_000_000_000_000_000n;

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function tshark(file: string): Record<string, string>[] {
  const on = ['ip.check_checksum:TRUE', 'tcp.check_checksum:TRUE', 'udp.check_checksum:TRUE', 'sctp.checksum:CRC 32c'];
  const off = ['ip.defragment:FALSE', 'ipv6.defragment:FALSE', 'sctp.reassembly:FALSE'];
  const preferences = [...on, ...off].flatMap((p) => ['-o', p]);
  const names = ['frame.comment', 'frame.protocols', '_ws.malformed', ...TSHARK_FIELDS.map(([name]) => name)];
  const fields = ['-T', 'fields', '-E', 'separator=/t', ...names.flatMap((n) => ['-e', n])];
  const text = execFileSync('tshark', ['-r', DIR + file, ...preferences, ...fields], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => Object.fromEntries(line.split('\t').map((v, i) => [names[i]!, v])));
}

const packets = (samples: typeof SAMPLES) =>
  samples.map(({ name, bytes }, i) => ({
    timeNs: FIRST + BigInt(i) * 1_000_001_001n,
    bytes,
    origLen: bytes.length,
    interface: 0,
    comment: name,
  }));

writeFileSync(`${DIR}all.pcapng`, must(writePcapng(packets(SAMPLES))));
writeFileSync(`${DIR}bad.pcapng`, must(writePcapng(packets(BAD_SAMPLES))));
writeFileSync(`${DIR}big-endian.pcap`, must(writePcap(packets(SAMPLES), { byteOrder: 'big', nanoseconds: true })));
const editcap = (...args: readonly string[]) => execFileSync('editcap', args, { stdio: 'ignore' });
editcap('-F', 'pcap', `${DIR}all.pcapng`, `${DIR}editcap.pcap`);
editcap('-F', 'nsecpcap', `${DIR}big-endian.pcap`, `${DIR}editcap-nsec.pcap`);
editcap('-F', 'pcapng', `${DIR}all.pcapng`, `${DIR}editcap.pcapng`);
editcap('-F', 'pcapng', '-s', '40', `${DIR}big-endian.pcap`, `${DIR}editcap-snap40.pcapng`);
execFileSync(
  'mergecap',
  ['-I', 'none', '-a', '-w', `${DIR}mergecap.pcapng`, `${DIR}bad.pcapng`, `${DIR}editcap.pcap`],
  { stdio: 'ignore' },
);
const read = { all: tshark('all.pcapng'), bad: tshark('bad.pcapng') };
writeFileSync(`${DIR}tshark.json`, `${JSON.stringify(read, (_, v) => (v === '' ? undefined : v), 1)}\n`);
