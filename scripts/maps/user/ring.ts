/** Ring buffers that programs fill and a reader in user space empties, a few samples at a time. */
import type { Step, StepRequest } from '../../../test/maps/steps.ts';
import { exchangeRequest, FAMILIES } from '../exchange.ts';
import { random } from '../generate.ts';
import { pick, word } from '../mixed/maps.ts';

const RINGBUF = FAMILIES.findIndex(({ name }) => name === 'ringbuf');
const OPS = 6;

/** The request of a seed: two programs over one ring, runs and reads in any order, and what the calls gave. */
export function ringRequest(seed: number, count: number): StepRequest {
  const rng = random(seed);
  const [first, second] = [seed, seed + 1_000_000].map((n) => exchangeRequest(n * FAMILIES.length + RINGBUF, OPS));
  const step = (): Step[] => {
    if (rng(3) === 0) return [{ op: 'read_ring', map: 0, count: pick(rng, [0, 0, 1, 2, 3]) }];
    return [
      { op: 'run', prog: rng(2) },
      { op: 'lookup', map: 1, key: word(0) },
    ];
  };
  const { insns, map_relocs, ...rest } = first!;
  return {
    ...rest,
    name: `ring ${seed}`,
    dump_maps: false,
    test_run: [],
    progs: [
      { name: 'p0', insns: insns!, map_relocs: map_relocs! },
      { name: 'p1', insns: second!.insns!, map_relocs: second!.map_relocs! },
    ],
    steps: [...Array.from({ length: count }, step).flat(), { op: 'read_ring', map: 0 }],
  };
}
