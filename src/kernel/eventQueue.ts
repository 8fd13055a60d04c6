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
export interface EventQueue<E extends TimedEvent = TimedEvent> {
  readonly event: E;
  readonly rank: number;
  readonly left: EventQueue<E> | undefined;
  readonly right: EventQueue<E> | undefined;
}

/** Negative when `a` is earlier. */
export function compareClocks(a: Clock, b: Clock): number {
  return a.sec - b.sec || a.nsec - b.nsec;
}

function merge<E extends TimedEvent>(
  a: EventQueue<E> | undefined,
  b: EventQueue<E> | undefined,
): EventQueue<E> | undefined {
  if (!a || !b) return a ?? b;
  const [first, other] = (compareClocks(a.event.at, b.event.at) || a.event.seq - b.event.seq) < 0 ? [a, b] : [b, a];
  const merged = merge(first.right, other);
  const [left, right] = (first.left?.rank ?? 0) >= (merged?.rank ?? 0) ? [first.left, merged] : [merged, first.left];
  return { event: first.event, rank: (right?.rank ?? 0) + 1, left, right };
}

/** The queue with an event more. */
export function queueAdd<E extends TimedEvent>(queue: EventQueue<E> | undefined, event: E): EventQueue<E> {
  return merge(queue, { event, rank: 1, left: undefined, right: undefined })!;
}

/** The queue without its first event. */
export function queueRest<E extends TimedEvent>({ left, right }: EventQueue<E>): EventQueue<E> | undefined {
  return merge(left, right);
}
