/** Garbage collection of conntrack maps by user space: the datapath never deletes an entry. */
import { MAP } from '../../maps/object.ts';
import { userDelete, userLookup, userNextKey } from '../../maps/user.ts';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import type { KernelCore } from '../core.ts';
import { mapAlive } from '../lifetime.ts';
import { kernelProblem } from '../messages.ts';
import type { MapRecord } from '../world.ts';
import { CT_ENTRY, NAT_ENTRY, natDsrKey, natKey, natReverseKey, TUPLE, TUPLE_F } from './ctEntry.ts';

/** What a collection has seen and done so far. */
export interface CtGcStats {
  /** Entries that were looked at. */
  readonly scanned: number;
  /** Of them, those whose lifetime was over. */
  readonly deleted: number;
  readonly alive: number;
  /** NAT entries that went with them. */
  readonly natDeleted: number;
  /** Entries that went away while the scan was on its way to them. */
  readonly interrupted: number;
  /** For how many seconds the deleted entries had been over: the shortest and the longest; absent: none was deleted. */
  readonly late?: readonly [least: number, most: number];
}

/** Where a collection stands. `incomplete`: the map changed so much under it that it gave up. */
export interface CtGcStatus {
  readonly state: 'paused' | 'done' | 'incomplete';
  readonly stats: CtGcStats;
}

/** What of a collection is not in linear memory. */
export interface CtGcState extends CtGcStatus {
  readonly steps: number;
  /** The entry to look at next, and the last one that was there. */
  readonly current: Uint8Array | undefined;
  readonly previous: Uint8Array | undefined;
}

/** What is collected. */
export interface CtGcInput {
  /** A conntrack map: keys are IPv4 tuples of 14 bytes, values entries of 56. */
  readonly map: MapRecord;
  /** The NAT map whose entries go with their flows: the same keys, values of 40 bytes. */
  readonly nat?: MapRecord;
  /** Second since boot that lifetimes are compared with; the clock's when the collection begins. */
  readonly now?: number;
}

/** How often the scan may look at a map's entries, in full maps: they come and go while it runs. */
const MAX_ROUNDS = 4;
const NO_STATS: CtGcStats = { scanned: 0, deleted: 0, alive: 0, natDeleted: 0, interrupted: 0 };

function checkSizes(kernel: KernelCore, map: MapRecord, what: string, value_size: number): Result<MapRecord> {
  const { arena } = kernel;
  if (!mapAlive(kernel, map)) return fail(kernelProblem('map-gone', {}, { name: map.name }));
  const [key, value] = [arena.getU32(map.address + MAP.keySize), arena.getU32(map.address + MAP.valueSize)];
  if (key === TUPLE.size && value === value_size) return ok(map);
  return fail(kernelProblem('ct-map', {}, { name: map.name, what, key, value, key_size: TUPLE.size, value_size }));
}

/** A full scan of a conntrack map that deletes the entries whose lifetime is over, as an object that is advanced. */
export class CtGc {
  readonly #kernel: KernelCore;
  readonly #map: MapRecord;
  readonly #nat: MapRecord | undefined;
  readonly #now: number;
  readonly #limit: number;
  #state: CtGcState;

  private constructor(kernel: KernelCore, { map, nat, now }: CtGcInput) {
    this.#kernel = kernel;
    this.#map = map;
    this.#nat = nat;
    this.#now = now ?? kernel.world.clock.sec;
    this.#limit = MAX_ROUNDS * kernel.arena.getU32(map.address + MAP.maxEntries);
    const current = this.#next(undefined);
    this.#state = { state: current ? 'paused' : 'done', stats: NO_STATS, steps: 0, current, previous: undefined };
  }

  /** Begins a collection; fails for maps of other sizes, and for maps that are gone. */
  static start(kernel: KernelCore, input: CtGcInput): Result<CtGc> {
    const map = checkSizes(kernel, input.map, 'conntrack map', CT_ENTRY.size);
    if (!map.ok) return map;
    const nat = input.nat ? checkSizes(kernel, input.nat, 'NAT map', NAT_ENTRY.size) : map;
    return nat.ok ? ok(new CtGc(kernel, input)) : nat;
  }

  get status(): CtGcStatus {
    return { state: this.#state.state, stats: this.#state.stats };
  }

  /** Looks at `budget` entries more. */
  advance(budget: number): CtGcStatus {
    for (let fuel = budget; fuel > 0 && this.#state.state === 'paused'; fuel--) this.#step();
    return this.status;
  }

  /** With a snapshot of the kernel: all of it. */
  save(): CtGcState {
    return this.#state;
  }

  /** Goes back to a saved state; the kernel must have been restored to the snapshot taken with it. */
  restore(state: CtGcState): void {
    this.#state = state;
  }

  /** Scans to the end. */
  finish(): CtGcStatus {
    return this.advance(Number.POSITIVE_INFINITY);
  }

  /** One entry. Entries that vanished are passed over by going back to the one before, then by going on. */
  #step(): void {
    const { steps, current, previous, stats } = this.#state;
    if (!current || steps >= this.#limit || !mapAlive(this.#kernel, this.#map)) {
      this.#state = { ...this.#state, state: 'incomplete' };
      return;
    }
    const next = this.#next(current);
    const value = userLookup(this.#kernel.maps, this.#map.address, current);
    if (typeof value === 'number') {
      const interrupted = { ...stats, interrupted: stats.interrupted + 1 };
      const from = previous ?? next;
      const state = from ? 'paused' : 'done';
      this.#state = { state, stats: interrupted, steps: steps + 1, current: from, previous: undefined };
      return;
    }
    const state = next ? 'paused' : 'done';
    this.#state = {
      state,
      stats: this.#collect(current, value, stats),
      steps: steps + 1,
      current: next,
      previous: current,
    };
  }

  #next(key: Uint8Array | undefined): Uint8Array | undefined {
    const next = userNextKey(this.#kernel.maps, this.#map.address, key);
    return typeof next === 'number' ? undefined : next;
  }

  #collect(key: Uint8Array, value: Uint8Array, stats: CtGcStats): CtGcStats {
    const scanned = stats.scanned + 1;
    const lifetime = new DataView(value.buffer, value.byteOffset).getUint32(CT_ENTRY.lifetime, true);
    const expired = lifetime < this.#now && this.#delete(this.#map, key);
    if (!expired) return { ...stats, scanned, alive: stats.alive + 1 };
    const late = this.#now - lifetime;
    const [least, most] = stats.late ?? [late, late];
    return {
      ...stats,
      scanned,
      deleted: stats.deleted + 1,
      natDeleted: stats.natDeleted + this.#deleteNat(key),
      late: [Math.min(least, late), Math.max(most, late)],
    };
  }

  /** Deletes the NAT entries of a flow; how many there were. */
  #deleteNat(tuple: Uint8Array): number {
    const nat = this.#nat;
    if (!nat || !mapAlive(this.#kernel, nat)) return 0;
    if ((tuple[TUPLE.flags]! & TUPLE_F.IN) !== 0) return this.#delete(nat, natDsrKey(tuple)) ? 1 : 0;
    const key = natKey(tuple);
    const entry = userLookup(this.#kernel.maps, nat.address, key);
    if (typeof entry === 'number') return 0;
    const keys = [key, natReverseKey(key, entry)];
    return keys.filter((k) => this.#delete(nat, k)).length;
  }

  #delete({ address }: MapRecord, key: Uint8Array): boolean {
    const { maps, world } = this.#kernel;
    return userDelete(maps, address, key, world.cpu) === 0;
  }
}
