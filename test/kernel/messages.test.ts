/** Messages of sk_msg programs and header options of sock_ops programs: what a real kernel answered to random programs. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { replayMessage, replayOptions } from '../../scripts/messages/replay.ts';

const file = readFileSync(new URL('../recorded/kernel/messages.json.gz', import.meta.url));
const recorded = JSON.parse(gunzipSync(file).toString()) as {
  /** Seed, the map's value without the zeros at its end, the bytes that were received. */
  readonly messages: readonly (readonly [number, string, string])[];
  /** Seed, and a row for each callback. */
  readonly options: readonly (readonly [number, readonly string[]])[];
};

describe('what the kernel answered', () => {
  it('pushes, pops and pulls of messages', () => {
    for (const [seed, value, message] of recorded.messages) {
      const ours = replayMessage(seed);
      if ('why' in ours) expect(ours.why).toContain('full message');
      else expect({ seed, ...ours, value: ours.value.replace(/(00)+$/, '') }).toEqual({ seed, value, message });
    }
  });
  for (const [seed, rows] of recorded.options) {
    it(`header options ${seed}`, () => expect(replayOptions(seed, rows)).toEqual(rows));
  }
});
