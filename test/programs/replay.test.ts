/** The programs do here what the kernel did with them: verdict, packet and maps, packet by packet. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packetLine } from '../../src/net/print.ts';
import { replayed } from './replayed.ts';
import { type Golden, SEQUENCES } from './sequences.ts';

function goldenOf(name: string): Golden {
  const file = new URL(`../recorded/programs/${name}.json.gz`, import.meta.url);
  return JSON.parse(gunzipSync(readFileSync(file)).toString()) as Golden;
}

describe.each(SEQUENCES)('$name', (sequence) => {
  it('gives what the kernel gave', { timeout: 120_000 }, () => {
    const golden = goldenOf(sequence.name);
    const { steps, outcomes } = replayed(sequence, golden);
    expect(steps.length).toBe(golden.outcomes.length);
    for (const [i, step] of steps.entries())
      expect(outcomes[i], `packet ${step.event}, ${step.prog}: ${packetLine(step.data)}`).toEqual(golden.outcomes[i]);
  });
});
