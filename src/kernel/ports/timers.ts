/** Timers and work queues: objects in memory, and events of the World that say when their callbacks run. */
import type { TimerPort } from '../../helpers/ports/timers.ts';
import { ASYNC, asyncAlloc, asyncOf } from '../../maps/async.ts';
import type { MapEnv } from '../../maps/attr.ts';
import { fieldAt, fieldCount } from '../../maps/fields.ts';
import { ERRNO } from '../../spec/errno.ts';
import { joinHalves } from '../../util/bits.ts';
import { type Clock, clockAfter, clockAt } from '../clock.ts';
import type { KernelCore } from '../core.ts';
import { compareClocks, queueAdd } from '../eventQueue.ts';

const { EBUSY, EDEADLK, EINVAL, ENOMEM } = ERRNO;
const MAX_TIME = (1n << 63n) - 1n;
/** What a callback that starts a timer takes at least: its own timer is not due before. */
const CALLBACK_NS = 1000n;

/** Offset of the map's field of that kind, or -1. */
function fieldOffset({ arena }: MapEnv, map: number, kind: 'timer' | 'wq'): number {
  for (let i = 0; i < fieldCount(arena, map); i++) {
    const field = fieldAt(arena, map, i);
    if (field.kind === kind) return field.offset;
  }
  return -1;
}

/** When something started now is due. */
function dueAt(now: Clock, running: boolean, lo: number, hi: number, absolute: boolean): Clock {
  const ns = BigInt.asIntN(64, joinHalves(lo, hi));
  const from = clockAfter(now, running ? CALLBACK_NS : 0n);
  if (absolute) return ns <= 0n || compareClocks(clockAt(ns), from) < 0 ? from : clockAt(ns);
  return ns <= 0n
    ? from
    : clockAfter(now, ns > MAX_TIME / 2n ? MAX_TIME / 2n : running && ns < CALLBACK_NS ? CALLBACK_NS : ns);
}

export function timerPort(kernel: KernelCore): TimerPort {
  const { maps } = kernel;
  const { arena } = maps;
  return {
    init(kind, map, field, clock) {
      const offset = fieldOffset(maps, map, kind);
      if (offset < 0 || arena.ownerAt(field) !== map) return -EINVAL;
      if (asyncOf(maps, field) !== 0) return -EBUSY;
      const object = asyncAlloc(maps, map, field, field - offset);
      if (object === 0) return -ENOMEM;
      arena.setU32(object + ASYNC.clock, clock);
      const seq = kernel.world.timers.seq + 1;
      kernel.world = { ...kernel.world, timers: { ...kernel.world.timers, seq } };
      setSeq(maps, object + ASYNC.born, seq);
      return 0;
    },

    setCallback(field, callback) {
      const object = asyncOf(maps, field);
      if (object === 0) return -EINVAL;
      arena.setU32(object + ASYNC.prog, arena.ownerAt(callback));
      arena.setU32(object + ASYNC.callback, callback);
      return 0;
    },

    start(field, lo, hi, absolute) {
      const object = asyncOf(maps, field);
      if (object === 0 || arena.getU32(object + ASYNC.prog) === 0) return -EINVAL;
      const { clock, timers } = kernel.world;
      const seq = timers.seq + 1;
      const at = dueAt(clock, timers.running !== undefined, lo, hi, absolute);
      setSeq(maps, object + ASYNC.seq, seq);
      kernel.world = {
        ...kernel.world,
        timers: { ...timers, seq, queue: queueAdd(timers.queue, { at, seq, object }) },
      };
      return 0;
    },

    cancel(field) {
      const object = asyncOf(maps, field);
      if (object === 0) return -EINVAL;
      const { running } = kernel.world.timers;
      if (running && running.object === object && running.born === getSeq(maps, object + ASYNC.born)) return -EDEADLK;
      const pending = getSeq(maps, object + ASYNC.seq) !== 0;
      arena.setU32(object + ASYNC.prog, 0);
      setSeq(maps, object + ASYNC.seq, 0);
      return pending ? 1 : 0;
    },
  };
}

/** A number of a start or an initialisation. */
export function getSeq({ arena }: MapEnv, at: number): number {
  return arena.getU32(at + 4) * 2 ** 32 + arena.getU32(at);
}

export function setSeq({ arena }: MapEnv, at: number, seq: number): void {
  arena.setU64(at, seq | 0, Math.floor(seq / 2 ** 32));
}

/** The programs whose callbacks are to run: each start holds its program. */
export function timedProgs({ arena, maps, world }: KernelCore): number[] {
  const progs: number[] = [];
  const left = [world.timers.queue];
  while (left.length > 0) {
    const node = left.pop();
    if (!node) continue;
    left.push(node.left, node.right);
    const { object, seq } = node.event;
    if (arena.kindAt(object) !== 0 && getSeq(maps, object + ASYNC.seq) === seq)
      progs.push(arena.getU32(object + ASYNC.prog));
  }
  return progs;
}
