import type { Random } from '../random.ts';

/** The bytes with a few changed, cut out, doubled or overwritten by extreme values. */
export function mutate(random: Random, original: Uint8Array): Uint8Array {
  let bytes = original.slice();
  for (let i = 1 + random.below(4); i > 0 && bytes.length > 0; i--) {
    const at = random.below(bytes.length);
    const end = Math.min(bytes.length, at + 1 + random.below(16));
    const kind = random.below(4);
    if (kind === 0) bytes[at] = random.below(256);
    else if (kind === 1) bytes.fill(random.pick([0, 0x7f, 0xff]), at, end);
    else {
      const middle = kind === 2 ? [] : [...bytes.subarray(at, end), ...bytes.subarray(at, end)];
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...middle, ...bytes.subarray(end)]);
    }
  }
  return bytes;
}
