import type { Problem, Result } from '../util/problem.ts';
import { fail, ok } from '../util/problem.ts';
import { kindNumber, REGION_KINDS, type RegionKind } from './kinds.ts';
import {
  ALLOC,
  ALLOC_STATE,
  HEAP_START,
  MAX_REGIONS,
  PAGE_SHIFT,
  PAGE_SIZE,
  PAGE_TABLE,
  REGION,
  REGION_SHIFT,
  REGION_TABLE,
} from './layout.ts';
import { LinearMemory, type LinearMemoryOptions } from './linear.ts';
import { memProblem } from './messages.ts';

export const PERM_NONE = 0;
export const PERM_READ = 1;
export const PERM_WRITE = 2;
export const PERM_RW = 3;

/** A region to allocate: what it holds, its bytes, and what a program may do there. */
export interface RegionSpec {
  readonly kind: RegionKind;
  /** Bytes; zero-filled. */
  readonly size: number;
  /** What a program may do; default read and write. */
  readonly perm?: number;
  /** Meaning depends on the kind: the map's address for map regions. */
  readonly owner?: number;
  /** Views of kernel objects: which struct (a number of whoever makes the views). */
  readonly tag?: number;
  /** An array of elements: an access must stay inside the accessible part of one. */
  readonly elements?: { readonly stride: number; readonly offset: number; readonly size: number };
}

/** A decoded region record. */
export interface Region {
  readonly id: number;
  readonly kind: RegionKind;
  readonly base: number;
  readonly end: number;
  readonly lo: number;
  readonly hi: number;
  readonly owner: number;
  readonly stride: number;
  readonly elemOff: number;
  readonly elemSize: number;
  readonly perm: number;
  readonly tag: number;
}

/**
 * Linear memory with regions: each allocation is whole 4 KiB pages that belong to one region, and the region's record
 * says what a program may touch. All of its state lives in the linear memory itself, so a snapshot of the dirty pages
 * is a snapshot of the allocator too.
 */
export class Arena extends LinearMemory {
  constructor(options: LinearMemoryOptions = {}) {
    super(HEAP_START, options);
    this.setU32(ALLOC_STATE + ALLOC.top, HEAP_START >>> PAGE_SHIFT);
    this.setU32(ALLOC_STATE + ALLOC.firstFree, HEAP_START >>> PAGE_SHIFT);
    this.setU32(ALLOC_STATE + ALLOC.nextRegion, 1);
  }

  /** Allocates zeroed whole pages as a new region; the result is the address of its first byte. */
  alloc(spec: RegionSpec): Result<number> {
    const pages = Math.max(1, Math.ceil(spec.size / PAGE_SIZE));
    const id = this.#takeRegionId();
    const first = id === 0 ? 0 : this.#takePages(pages);
    if (first === 0 && id !== 0) this.#giveRegionId(id);
    if (first === 0) return fail(memProblem('out-of-memory', {}, { wanted: spec.size, limit: this.limit }));
    const base = first * PAGE_SIZE;
    const record = this.#record(id);
    const elements = spec.elements;
    this.setU32(record + REGION.base, base);
    this.setU32(record + REGION.end, base + spec.size);
    this.setU32(record + REGION.lo, base);
    this.setU32(record + REGION.hi, base + spec.size);
    this.setU32(record + REGION.kind, kindNumber(spec.kind));
    this.setU32(record + REGION.owner, spec.owner ?? 0);
    this.setU32(record + REGION.stride, elements?.stride ?? 0);
    this.setU32(record + REGION.elemOff, elements?.offset ?? 0);
    this.setU32(record + REGION.elemSize, elements?.size ?? 0);
    this.setU32(record + REGION.perm, spec.perm ?? PERM_RW);
    this.setU32(record + REGION.pages, pages);
    this.setU32(record + REGION.tag, spec.tag ?? 0);
    this.#ownPages(first, pages, id);
    return ok(base);
  }

  /** Gives a region back; its bytes read as zero when they are allocated again. */
  free(base: number): void {
    const id = this.regionAt(base);
    if (id === 0) throw new Error(`free of 0x${base.toString(16)}, which is not allocated`);
    const record = this.#record(id);
    const pages = this.getU32(record + REGION.pages);
    const first = base >>> PAGE_SHIFT;
    this.clearPages(first, pages);
    this.#ownPages(first, pages, 0);
    this.setU32(ALLOC_STATE + ALLOC.freePages, this.getU32(ALLOC_STATE + ALLOC.freePages) + pages);
    if (first < this.getU32(ALLOC_STATE + ALLOC.firstFree)) this.setU32(ALLOC_STATE + ALLOC.firstFree, first);
    this.#giveRegionId(id);
  }

  /** Moves the window that a program may touch: bytes `lo` to `hi` (exclusive) of the region that holds `base`. */
  setWindow(base: number, lo: number, hi: number): void {
    const record = this.#record(this.regionAt(base));
    this.setU32(record + REGION.lo, lo);
    this.setU32(record + REGION.hi, hi);
  }

  /** Changes what the region that holds `base` belongs to. */
  setOwner(base: number, owner: number): void {
    this.setU32(this.#record(this.regionAt(base)) + REGION.owner, owner);
  }

  /** Sets what programs may do with the region that holds `base`. */
  setPerm(base: number, perm: number): void {
    this.setU32(this.#record(this.regionAt(base)) + REGION.perm, perm);
  }

  /** The id of the region that owns the page of an address; 0 for none. */
  regionAt(addr: number): number {
    return this.getU16(PAGE_TABLE + 2 * (addr >>> PAGE_SHIFT));
  }

  /** Kind number of the region that owns the page of an address; 0 for none. */
  kindAt(addr: number): number {
    const id = this.regionAt(addr);
    return id === 0 ? 0 : this.getU32(this.#record(id) + REGION.kind);
  }

  /** First address of the region that owns the page of an address; 0 for none. */
  baseAt(addr: number): number {
    const id = this.regionAt(addr);
    return id === 0 ? 0 : this.getU32(this.#record(id) + REGION.base);
  }

  /** What the region that owns the page of an address belongs to; 0 for none. */
  ownerAt(addr: number): number {
    const id = this.regionAt(addr);
    return id === 0 ? 0 : this.getU32(this.#record(id) + REGION.owner);
  }

  /** What the region that owns the page of an address is marked with; 0 for none. */
  tagAt(addr: number): number {
    const id = this.regionAt(addr);
    return id === 0 ? 0 : this.getU32(this.#record(id) + REGION.tag);
  }

  /** The region that owns the page of an address. */
  region(addr: number): Region | undefined {
    const id = this.regionAt(addr);
    if (id === 0) return undefined;
    const record = this.#record(id);
    const field = (name: keyof typeof REGION): number => this.getU32(record + REGION[name]);
    return {
      id,
      kind: REGION_KINDS[field('kind')] ?? 'free',
      base: field('base'),
      end: field('end'),
      lo: field('lo'),
      hi: field('hi'),
      owner: field('owner'),
      stride: field('stride'),
      elemOff: field('elemOff'),
      elemSize: field('elemSize'),
      perm: field('perm'),
      tag: field('tag'),
    };
  }

  /**
   * May a program touch these bytes? Answers the region's kind number (see `kindNumber`), or -1 when it may not:
   * `accessFault` then says why. `perm` is PERM_READ, PERM_WRITE or both; `size` in bytes.
   */
  check(addr: number, size: number, perm: number): number {
    const words = this.i32;
    const id = this.getU16(PAGE_TABLE + 2 * (addr >>> PAGE_SHIFT));
    if (id === 0) return -1;
    const record = (REGION_TABLE + (id << REGION_SHIFT)) >> 2;
    const lo = words[record + 2]! >>> 0;
    if (addr < lo || addr + size > words[record + 3]! >>> 0) return -1;
    if ((words[record + 9]! & perm) !== perm) return -1;
    const stride = words[record + 6]! >>> 0;
    if (stride !== 0) {
      const inner = ((addr - lo) % stride) - (words[record + 7]! >>> 0);
      if (inner < 0 || inner + size > words[record + 8]! >>> 0) return -1;
    }
    return words[record + 4]!;
  }

  /** Why `check` refused an access. `owner` names what a region belongs to (a map's name …). */
  accessFault(addr: number, size: number, perm: number, owner: (region: Region) => string = () => ''): Problem {
    const access = perm & PERM_WRITE ? 'write' : 'read';
    const hex = `0x${addr.toString(16)}`;
    if (addr < PAGE_SIZE) return memProblem('null', {}, { size, access, addr: hex });
    const region = this.region(addr);
    if (!region) return memProblem('unmapped', {}, { size, access, addr: hex });
    const name = owner(region);
    const what = name === '' ? region.kind : `${region.kind} ${name}`;
    const extent = region.stride === 0 ? region.hi - region.lo : region.elemSize;
    const start = region.stride === 0 ? region.lo : nearestElement(region, addr);
    const at = addr - start;
    const offset = `${at < 0 ? '-' : '+'}${Math.abs(at)}`;
    const args = {
      size,
      access,
      what,
      offset,
      extent: `${region.kind === 'map value' ? 'value_size' : 'size'} ${extent}`,
    };
    if (at < 0 || at + size > extent) return memProblem('outside', {}, args);
    return memProblem((region.perm & PERM_READ) === 0 ? 'not-readable' : 'read-only', {}, args);
  }

  #record(id: number): number {
    return REGION_TABLE + (id << REGION_SHIFT);
  }

  /** Free records form a list through their first field. */
  #giveRegionId(id: number): void {
    const record = this.#record(id);
    this.fill(record, 0, 1 << REGION_SHIFT);
    this.setU32(record + REGION.base, this.getU32(ALLOC_STATE + ALLOC.freeRegions));
    this.setU32(ALLOC_STATE + ALLOC.freeRegions, id);
  }

  #takeRegionId(): number {
    const recycled = this.getU32(ALLOC_STATE + ALLOC.freeRegions);
    if (recycled !== 0) {
      this.setU32(ALLOC_STATE + ALLOC.freeRegions, this.getU32(this.#record(recycled) + REGION.base));
      return recycled;
    }
    const next = this.getU32(ALLOC_STATE + ALLOC.nextRegion);
    if (next >= MAX_REGIONS) return 0;
    this.setU32(ALLOC_STATE + ALLOC.nextRegion, next + 1);
    return next;
  }

  #ownPages(first: number, pages: number, id: number): void {
    const start = PAGE_TABLE + 2 * first;
    if (pages === 1) {
      this.setU16(start, id);
      return;
    }
    this.touchRange(start, 2 * pages);
    new Uint16Array(this.memory.buffer, start, pages).fill(id);
  }

  /** First page of a free run, or 0. Freed runs are reused before the heap grows. */
  #takePages(pages: number): number {
    const top = this.getU32(ALLOC_STATE + ALLOC.top);
    const free = this.getU32(ALLOC_STATE + ALLOC.freePages);
    if (free >= pages) {
      const run = this.#findRun(pages, top);
      if (run !== 0) {
        this.setU32(ALLOC_STATE + ALLOC.freePages, free - pages);
        if (this.growAlways) this.ensure(0);
        return run;
      }
    }
    if (!this.ensure((top + pages) * PAGE_SIZE)) return 0;
    this.setU32(ALLOC_STATE + ALLOC.top, top + pages);
    return top;
  }

  #findRun(pages: number, top: number): number {
    const table = new Uint16Array(this.memory.buffer, PAGE_TABLE, top);
    const start = this.getU32(ALLOC_STATE + ALLOC.firstFree);
    let first = 0;
    let length = 0;
    for (let page = start; page < top; page++) {
      length = table[page] === 0 ? length + 1 : 0;
      if (length === 1 && first === 0) first = page;
      if (length < pages) continue;
      const run = page - pages + 1;
      this.setU32(ALLOC_STATE + ALLOC.firstFree, run === first ? page + 1 : first);
      return run;
    }
    return 0;
  }
}

/** Start of the accessible part of the element that an address is in or, between two, closest to. */
function nearestElement(region: Region, addr: number): number {
  const index = Math.max(0, Math.floor((addr - region.lo) / region.stride));
  const start = region.lo + index * region.stride + region.elemOff;
  if (addr >= start || index === 0) return start;
  const before = start - region.stride;
  return addr >= region.hi || addr - (before + region.elemSize) <= start - addr ? before : start;
}
