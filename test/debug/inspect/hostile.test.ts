/** Programs may leave anything in what they can write; looking at it never throws and says little. */
import { expect, test } from 'vitest';
import { capture } from '../../../src/debug/inspect/capture.ts';
import { changeLines, diffCaptures } from '../../../src/debug/inspect/changes.ts';
import { ctxLines } from '../../../src/debug/inspect/ctx.ts';
import { frameLines } from '../../../src/debug/inspect/frames.ts';
import { elementLines, listMaps, mapLines } from '../../../src/debug/inspect/maps.ts';
import { packetLines } from '../../../src/debug/inspect/packetView.ts';
import { referenceLines } from '../../../src/debug/inspect/references.ts';
import { registerLines } from '../../../src/debug/inspect/registers.ts';
import { stackLines } from '../../../src/debug/inspect/stack.ts';
import { worldLines } from '../../../src/debug/inspect/world.ts';
import type { View } from '../../../src/debug/view.ts';
import { PERM_WRITE } from '../../../src/mem/arena.ts';
import { Random } from '../../random.ts';
import { MANY, node, standing } from './look.ts';

/** Fills what the program may write with noise. */
function scribble(view: View, next: () => number): void {
  const { arena } = view.kernel;
  for (let at = 0x61_0000; at < Math.min(arena.size, 0x61_0000 + (4 << 20)); at += 4096) {
    for (let i = 0; i < 64; i++) {
      const byte = at + (next() & 4095);
      if (arena.check(byte, 1, PERM_WRITE) > 0 && arena.region(byte)!.kind !== 'ctx') arena.setU8(byte, next() & 0xff);
    }
  }
  for (let i = 0; i < 10; i++) {
    // Addresses, numbers, and numbers that look like addresses.
    const pick = next() & 3;
    view.machine!.setRegister(
      i,
      pick === 0 ? next() : 0x61_0000 + ((next() >>> 0) % 0x8_0000),
      pick === 1 ? next() : 0,
    );
  }
}

const LOOKS = [
  registerLines,
  stackLines,
  frameLines,
  packetLines,
  (view: View) => ctxLines(view, true),
  mapLines,
  worldLines,
  referenceLines,
  (view: View) => listMaps(view).flatMap(({ record }) => elementLines(view, record, 0, 20)),
];

const PLACES = {
  'maps of all types': () => standing(MANY, 'here', { cpus: 2 }).view(),
  'the datapath of programs/lb': () => {
    const s = node('tc_main');
    s.go({ kind: 'goto', tick: 1143 });
    return s.view();
  },
};

test.each(Object.entries(PLACES))('%s', (_, make) => {
  const view = make();
  const source = new Random(7);
  const next = (): number => source.next();
  for (let round = 0; round < 12; round++) {
    const before = capture(view);
    scribble(view, next);
    for (const look of LOOKS) for (const line of look(view)) expect(line.length).toBeLessThan(2000);
    const lines = changeLines(diffCaptures(view, before, capture(view)));
    expect(lines.length).toBeLessThanOrEqual(201);
    for (const line of lines) expect(line.length).toBeLessThan(600);
  }
});
