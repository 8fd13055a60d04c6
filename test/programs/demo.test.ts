/** The committed demo is what its script makes, and what the programs make of it is sound. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { clockAt } from '../../src/kernel/clock.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { readCapture } from '../../src/net/capture.ts';
import { verifyChecksums } from '../../src/net/verify.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';
import { demoEvents } from './demo.ts';
import { manyEvents } from './many.ts';
import { nodeMaps } from './node.ts';
import { type Golden, SEQUENCES, sequenceRequest } from './sequences.ts';
import { thousandEvents } from './thousand/capture.ts';

const DEMO = new URL('../../programs/demo/', import.meta.url);

const goldenOf = (name: string): Golden =>
  JSON.parse(gunzipSync(readFileSync(new URL(`../recorded/programs/${name}.json.gz`, import.meta.url))).toString());

describe('programs/demo', () => {
  it('holds the capture that the script makes', () => {
    const { capture, problems } = readCapture(new Uint8Array(readFileSync(new URL('demo.pcap', DEMO))));
    expect(problems).toEqual([]);
    expect(capture?.packets.map((p) => toHex(p.bytes))).toEqual(demoEvents().map((e) => toHex(e.bytes)));
    const first = capture!.packets[0]!.timeNs;
    expect(capture?.packets.map((p) => Number((p.timeNs - first) / 1_000_000n))).toEqual(demoEvents().map((e) => e.ms));
  });

  it('holds the maps that the script makes', () => {
    expect(JSON.parse(readFileSync(new URL('maps.json', DEMO), 'utf8'))).toEqual(nodeMaps());
  });

  it('begins with packets whose checksums are good', () => {
    for (const { bytes } of demoEvents()) expect(verifyChecksums(bytes).filter((c) => c.status === 'bad')).toEqual([]);
  });
});

it.each(SEQUENCES.filter((s) => !s.digests))('$name: translated packets have good checksums', (sequence) => {
  for (const { out } of goldenOf(sequence.name).outcomes) {
    if (out === undefined) continue;
    expect(verifyChecksums(fromHex(out)!).filter((c) => c.status === 'bad')).toEqual([]);
  }
});

it('the big capture has every kind of flow', () => {
  expect(manyEvents().length).toBeGreaterThan(300);
});

it('the longest capture has more than a thousand packets, and an agent that acts meanwhile', () => {
  const events = thousandEvents();
  expect(events.filter((e) => e.agent === undefined).length).toBeGreaterThan(1000);
  expect(events.filter((e) => e.agent !== undefined).length).toBeGreaterThan(40);
  expect(events.at(-1)!.ms).toBeGreaterThan(12 * 3_600_000);
});

/** Nothing but the sources of time and randomness differs between the builds. */
it.each(SEQUENCES.filter((s) => s.name.endsWith('-demo') && !s.chain))(
  '$name: the build for use does what the test build does',
  (sequence) => {
    const made = Kernel.create();
    if (!made.ok) throw new Error('no kernel');
    const kernel = made.value;
    const loaded = kernel.load(sequenceRequest(sequence, false));
    expect(loaded.problems).toEqual([]);
    const { outcomes } = goldenOf(sequence.name);
    for (const [i, event] of sequence.events().entries()) {
      kernel.setClock(clockAt(1_000_000_000_000n + BigInt(event.ms) * 1_000_000n));
      const prog = kernel.prog(sequence.entries(event, i)[0]!)!;
      const status = kernel.testRun(prog, { data: event.bytes }).finish();
      if (status.state !== 'done') throw new Error(JSON.stringify(status));
      const { retval, dataOut } = status.output;
      expect(retval).toBe(outcomes[i]!.retval);
      expect(toHex(dataOut!)).toBe(outcomes[i]!.out ?? toHex(event.bytes));
    }
  },
);
