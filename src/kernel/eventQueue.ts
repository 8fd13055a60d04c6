/** Events by time, then by number: an immutable heap, so that keeping it is taking a snapshot. */
import type { Clock } from './clock.ts';

/** Something that is due. */
export interface TimedEvent {
  readonly at: Clock;
  /** No two events have the same; of those due at one time the lower comes first. */
  readonly seq: number;
  /** Address of what it belongs to. */
  readonly object: number;
}

/** A leftist heap; undefined is the empty one. */
export interface EventQueue {
  readonly event: TimedEvent;
  readonly rank: number;
  readonly left: EventQueue | undefined;
  readonly right: EventQueue | undefined;
}

/** Negative when `a` is earlier. */
export function compareClocks(a: Clock, b: Clock): number {
  return a.sec - b.sec || a.nsec - b.nsec;
}

function merge(a: EventQueue | undefined, b: EventQueue | undefined): EventQueue | undefined {
  if (!a || !b) return a ?? b;
  const [first, other] = (compareClocks(a.event.at, b.event.at) || a.event.seq - b.event.seq) < 0 ? [a, b] : [b, a];
  const merged = merge(first.right, other);
  const [left, right] = (first.left?.rank ?? 0) >= (merged?.rank ?? 0) ? [first.left, merged] : [merged, first.left];
  return { event: first.event, rank: (right?.rank ?? 0) + 1, left, right };
}

/** The queue with an event more. */
export function queueAdd(queue: EventQueue | undefined, event: TimedEvent): EventQueue {
  return merge(queue, { event, rank: 1, left: undefined, right: undefined })!;
}

/** The queue without its first event. */
export function queueRest({ left, right }: EventQueue): EventQueue | undefined {
  return merge(left, right);
}
