/** What an interleaving has done so far, as data and as lines. */
import { LOCK_POINTS, type LockKind, type LockPlace } from '../../maps/lockPoints.ts';
import { isLruMap, type LruCensus, lruCensus } from '../../maps/lruCensus.ts';
import { MAP, mapInfo } from '../../maps/object.ts';
import { errnoName } from '../../spec/errno.ts';
import { type Problem, problemText } from '../../util/problem.ts';
import type { Frames } from '../../vm/frames.ts';
import type { KernelCore } from '../core.ts';
import { kernelProblem } from '../messages.ts';
import { mapAt } from '../world.ts';

/** A CPU that stands at a lock point, and the frames of its program. */
export interface SuspendedCpu {
  readonly place: LockPlace;
  readonly frames: Frames;
}

/** One thing that happened. `depth` counts the CPUs that were suspended then. */
export type InterleaveEvent = { readonly depth: number; readonly cpu: number } & (
  | {
      readonly kind: 'suspended';
      readonly place: LockPlace;
      readonly map: string;
      /** Which of the map's elements it has in hand, from 1; undefined: none, or elements are not numbered. */
      readonly element: { readonly index: number; readonly of: number } | undefined;
    }
  /** The CPU goes on. */
  | { readonly kind: 'resumed'; readonly place: LockPlace }
  /** An action said what it did. */
  | { readonly kind: 'did'; readonly text: string }
  /** An operation found no element, or a lock that its own CPU holds. */
  | {
      readonly kind: 'failed';
      readonly operation: 'update' | 'delete';
      readonly map: string;
      readonly errno: number;
      /** Where the elements of an LRU map were. */
      readonly census: LruCensus | undefined;
      /** -EBUSY: where the same CPU is suspended. */
      readonly inside: LockPlace | undefined;
    }
  /** An action cannot happen there; what it did is undone. */
  | { readonly kind: 'refused'; readonly problem: Problem }
);

/** How far a plan has come: part of the World, so that going back in time goes back here too. */
export interface Interleaving {
  /** For each step how often its CPU was at its place. */
  readonly seen: readonly number[];
  readonly events: readonly InterleaveEvent[];
  /** Outermost first; empty whenever no operation is at work. */
  readonly suspended: readonly SuspendedCpu[];
  /** The frames of the CPU that runs while others are suspended. */
  readonly frames: Frames | undefined;
  /** An action that waits for a lock for ever, until it is undone. */
  readonly waiting: Problem | undefined;
}

/** The name of the map at an address, of inner maps too. */
export function mapName({ maps, world }: KernelCore, map: number): string {
  return mapAt(world, map)?.name ?? mapInfo(maps, map).name;
}

/** Which of the preallocated elements of its map a place has in hand. */
export function elementInHand({ arena }: KernelCore, { map, element }: LockPlace) {
  const first = arena.getU32(map + MAP.values);
  if (element === 0 || first === 0) return undefined;
  return { index: (element - first) / arena.getU32(map + MAP.stride) + 1, of: arena.getU32(map + MAP.maxEntries) };
}

/** Where the elements of a map are that fails for want of one. */
export function censusFor({ maps }: KernelCore, map: number, errno: number): LruCensus | undefined {
  return errnoName(-errno) === 'ENOMEM' && isLruMap(maps, map) ? lruCensus(maps, map) : undefined;
}

/** The CPU `cpu` needs a lock that a suspended CPU holds. */
export function waitProblem(kernel: KernelCore, held: LockPlace, lock: LockKind, cpu: number): Problem {
  const { point, cpu: holder } = held;
  const from = point.slice(0, point.indexOf(':'));
  const other = Object.entries(LOCK_POINTS).find(
    ([name, row]) => name.startsWith(`${from}:`) && row.holds === 'nothing',
  );
  const args = { cpu, holder, lock, point, map: mapName(kernel, held.map) };
  if (holder === cpu) return kernelProblem('interleave-deadlock', {}, args);
  return kernelProblem('interleave-wait', {}, { ...args, other: other?.[0] ?? 'bpf_common_lru_pop_free:steal' });
}

function censusText({ free, localFree, pending, active, inactive, inHand }: LruCensus): string {
  const local = localFree + pending === 0 ? '' : `CPU lists ${localFree} free and ${pending} pending, `;
  return `free ${free}, ${local}active ${active}, inactive ${inactive}, in hand ${inHand}`;
}

function eventText(event: InterleaveEvent): string {
  switch (event.kind) {
    case 'suspended': {
      const { place, map, element } = event;
      const hand = element ? `element ${element.index} of ${element.of} in hand` : 'an element in hand';
      return `suspended at ${place.point} of ${map}${place.element === 0 ? '' : ` (${hand})`}`;
    }
    case 'resumed':
      return `goes on from ${event.place.point}`;
    case 'did':
      return event.text;
    case 'failed': {
      const { operation, map, errno, census, inside } = event;
      const why = census ? censusText(census) : inside ? `this CPU is at ${inside.point}` : '';
      return `${operation} of ${map} -> -${errnoName(-errno)}${why === '' ? '' : `: ${why}`}`;
    }
    default:
      return problemText(event.problem);
  }
}

/** An event as a line, indented by the number of suspended CPUs: `cpu 0 suspended at …`, `  cpu 1: update of …`. */
export function eventLine(event: InterleaveEvent): string {
  const own = event.kind === 'suspended' || event.kind === 'resumed';
  return `${'  '.repeat(event.depth)}cpu ${event.cpu}${own ? ' ' : ': '}${eventText(event)}`;
}
