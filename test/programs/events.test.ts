/** One notification per flow, direction and report interval, one for each new flag, and one for every drop. */
import { expect, it } from 'vitest';
import { clockAt } from '../../src/kernel/clock.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { openPerfRings } from '../../src/kernel/replay/readers.ts';
import { SEQUENCES, sequenceRequest } from './sequences.ts';

const DROP = 1;
const TRACE = 4;
const TO_LXC = 0;
const TO_STACK = 3;
const [NEW, ESTABLISHED, REPLY, RELATED] = [0, 1, 2, 3];

/** Packet of the demo, type, subtype, and the connection's state for traces. */
const EXPECTED: readonly (readonly number[])[] = [
  [0, TRACE, TO_STACK, NEW],
  [1, TRACE, TO_LXC, REPLY],
  [9, TRACE, TO_STACK, NEW],
  [10, TRACE, TO_LXC, REPLY],
  [11, TRACE, TO_STACK, NEW],
  [12, TRACE, TO_LXC, REPLY],
  [13, TRACE, TO_STACK, NEW],
  [14, TRACE, TO_LXC, RELATED],
  [15, DROP, 133],
  [16, DROP, 133],
  [17, DROP, 158],
  [18, DROP, 133],
  [19, TRACE, TO_LXC, NEW],
  [20, TRACE, TO_LXC, REPLY],
  [22, TRACE, TO_LXC, ESTABLISHED],
  [25, TRACE, TO_STACK, ESTABLISHED],
  [26, TRACE, TO_LXC, REPLY],
  // FIN, FIN; then the closed entry, which lookups leave alone.
  [28, TRACE, TO_STACK, ESTABLISHED],
  [29, TRACE, TO_LXC, REPLY],
  [30, TRACE, TO_STACK, ESTABLISHED],
  // The SYN that reopens is no new flag; RST is.
  [34, TRACE, TO_LXC, REPLY],
  [44, TRACE, TO_STACK, NEW],
];

it('tells what is worth telling', () => {
  const sequence = SEQUENCES.find((s) => s.name === 'tc-demo')!;
  const made = Kernel.create();
  if (!made.ok) throw new Error('no kernel');
  const kernel = made.value;
  kernel.load(sequenceRequest(sequence, false));
  openPerfRings(kernel);
  const told = sequence.events().flatMap((event, i) => {
    const mark = kernel.world.output;
    kernel.setClock(clockAt(1_000_000_000_000n + BigInt(event.ms) * 1_000_000n));
    kernel.testRun(kernel.prog('tc_main')!, { data: event.bytes }).finish();
    return kernel.outputs(mark).flatMap((out): number[][] => {
      if (out.kind !== 'perf') return [];
      const { data } = out.record;
      return [[i, data[0]!, data[1]!, ...(data[0] === TRACE ? [data[26]!] : [])]];
    });
  });
  expect(told).toEqual(EXPECTED);
});
