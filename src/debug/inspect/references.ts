/**
 * What the programs hold and must give back, as far as memory tells: samples of ring buffers that are reserved, memory that was allocated,
 * locks that are taken, sockets and cpumasks that have holders. Who holds something is the verifier's knowledge, not memory's.
 */

import { CPUMASK } from '../../maps/kptr.ts';
import { isRingbufSample } from '../../maps/ringbuf.ts';
import type { Arena, Region } from '../../mem/arena.ts';
import { ALLOC, ALLOC_STATE, REGION, REGION_SHIFT, REGION_TABLE } from '../../mem/layout.ts';
import { SOCKET_TAG, skIsRefcounted, skMember } from '../../net/inetSock.ts';
import type { View } from '../view.ts';
import { kernelObject, objectText } from './objects.ts';
import { describe, describeText, pointerText } from './pointer.ts';
import { specialFields } from './valueFields.ts';

type ReferenceKind = 'socket' | 'sample' | 'memory' | 'lock' | 'cpumask';

/** Something that is held. */
export interface Reference {
  readonly kind: ReferenceKind;
  readonly address: number;
  /** What it is, in words. */
  readonly text: string;
  /** Registers of the frame that is looked at which point to (or into) it. */
  readonly registers: readonly number[];
  /** The value of a map that keeps it: `m[0]+8 (.obj)`; then it is no longer the program's to give back. */
  readonly keptBy?: string | undefined;
  /** Holders that came since the earlier moment; undefined where there is none to compare with. */
  readonly gained: number | undefined;
}

/** Holders of sockets and cpumasks at one moment, by address; plain data. */
export interface HolderSnapshot {
  readonly holders: ReadonlyMap<number, number>;
}

/** References that are told; there may be more. */
const MAX_REFERENCES = 256;
const REFCOUNT_SATURATED = 0xc000_0000;

/** All regions in use, in the order of their ids. */
function* regionsOf(arena: Arena): Generator<Region> {
  const end = arena.getU32(ALLOC_STATE + ALLOC.nextRegion);
  for (let id = 1; id < end; id++) {
    const record = REGION_TABLE + (id << REGION_SHIFT);
    if (arena.getU32(record + REGION.kind) === 0) continue;
    const region = arena.region(arena.getU32(record + REGION.base));
    if (region?.id === id) yield region;
  }
}

const isCpumask = (view: View, { kind, base }: Region): boolean =>
  kind === 'kernel' && kernelObject(view, base)?.struct === 'bpf_cpumask';

/** How many hold a socket or cpumask; undefined for what is not counted. */
function holdersOf(view: View, region: Region): number | undefined {
  const { arena } = view.kernel;
  if (region.kind !== 'kernel') return undefined;
  if (region.tag === SOCKET_TAG) {
    return skIsRefcounted(arena, region.base) ? skMember(arena, region.base, 'sock_common', 'skc_refcnt') : undefined;
  }
  return isCpumask(view, region) ? arena.getU32(region.base + CPUMASK.usage) : undefined;
}

/** The holders now; compared with those at the beginning of a run they tell what the run acquired. */
export function snapshotHolders(view: View): HolderSnapshot {
  const holders = new Map<number, number>();
  for (const region of regionsOf(view.kernel.arena)) {
    const count = holdersOf(view, region);
    if (count !== undefined) holders.set(region.base, count);
  }
  return { holders };
}

/** Registers that point into a region, sockets also through their views. */
function pointing({ machine, kernel, depth }: View, base: number): number[] {
  if (!machine) return [];
  const { arena } = kernel;
  const view = arena.region(base)?.tag === SOCKET_TAG ? arena.ownerAt(base) : 0;
  const found: number[] = [];
  for (let index = 0; index < 10; index++) {
    const value = machine.register(index, depth);
    if (value === 0n || value > 0xffff_ffffn) continue;
    const at = arena.baseAt(Number(value));
    if (at !== 0 && (at === base || at === view)) found.push(index);
  }
  return found;
}

/** Locks of values that are taken: a lock is a word that is not 0. */
function* heldLocks(view: View): Generator<Reference> {
  for (const lock of specialFields(view, ['spin_lock'])) {
    if (view.kernel.arena.getU32(lock) === 0) continue;
    const text = `lock of ${describeText(view, BigInt(lock))}`;
    yield { kind: 'lock', address: lock, text, registers: registersAt(view, lock), gained: undefined };
  }
}

/** Objects that values of maps keep, with the places that hold them. */
function keptObjects(view: View): ReadonlyMap<number, string> {
  const kept = new Map<number, string>();
  for (const field of specialFields(view, ['kptr', 'percpu_kptr'])) {
    const object = view.kernel.arena.getU32(field);
    if (object !== 0) kept.set(object, describeText(view, BigInt(field)));
  }
  return kept;
}

function registersAt({ machine, depth }: View, address: number): number[] {
  if (!machine) return [];
  return Array.from({ length: 10 }, (_, i) => i).filter((i) => machine.register(i, depth) === BigInt(address));
}

function ofRegion(view: View, region: Region, since: HolderSnapshot | undefined): Reference | undefined {
  const { kernel } = view;
  const { base, kind } = region;
  const registers = (): number[] => pointing(view, base);
  if (isRingbufSample(kernel.maps, base)) {
    const info = describe(view, BigInt(base));
    const text = info ? pointerText(info) : 'sample';
    return { kind: 'sample', address: base, text, registers: registers(), gained: undefined };
  }
  if (kind === 'memory') {
    const info = describe(view, BigInt(base));
    if (info?.base !== 'memory') return undefined;
    const text = `allocated memory of ${region.end - base} bytes`;
    return { kind: 'memory', address: base, text, registers: registers(), gained: undefined };
  }
  const count = holdersOf(view, region);
  if (count === undefined || count >= REFCOUNT_SATURATED) return undefined;
  const before = since?.holders.get(base) ?? (since ? 0 : undefined);
  const gained = before === undefined ? undefined : count - before;
  if (gained === undefined ? count < 2 : gained <= 0) return undefined;
  const what = region.tag === SOCKET_TAG ? 'socket' : 'cpumask';
  const text = `${objectText(view, base)}, ${count} holder${count === 1 ? '' : 's'}`;
  return { kind: what, address: base, text, registers: registers(), gained };
}

/**
 * What is held now. With `since` (taken at the beginning of the run) sockets and cpumasks are those that gained holders since;
 * without, those with more than one holder, whoever these are.
 */
export function references(view: View, since?: HolderSnapshot): Reference[] {
  const found: Reference[] = [];
  const kept = keptObjects(view);
  for (const region of regionsOf(view.kernel.arena)) {
    if (found.length >= MAX_REFERENCES) return found;
    const reference = ofRegion(view, region, since);
    if (reference) found.push({ ...reference, keptBy: kept.get(region.base) });
  }
  for (const lock of heldLocks(view)) {
    if (found.length >= MAX_REFERENCES) return found;
    found.push(lock);
  }
  return found;
}

/** What a run tells nobody: always said below the list. */
const UNKNOWN = [
  'Not counted: sockets that RCU frees (listening ones) and requests; RCU and preemption sections leave no trace.',
  'Memory in lists and trees of the program is not told from memory that it still has to give back.',
];

/** The references as lines, with what cannot be known. */
export function referenceLines(view: View, since?: HolderSnapshot): string[] {
  const found = references(view, since);
  const lines = found.map(({ text, registers, keptBy, gained }) => {
    const keeper = keptBy === undefined ? '' : `, kept by ${keptBy}`;
    const by = gained === undefined ? '' : `, ${gained} of them since the run began`;
    const who = registers.length === 0 ? '' : `  <- ${registers.map((r) => `R${r}`).join(' ')}`;
    return `${text}${keeper}${by}${who}`;
  });
  return [...(lines.length === 0 ? ['nothing is held, as far as memory tells'] : lines), ...UNKNOWN];
}
