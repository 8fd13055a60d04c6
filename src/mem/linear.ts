import { MAX_PAGES, PAGE_SHIFT, PAGE_SIZE, WASM_PAGE } from './layout.ts';

const SHORT_COPY = 128;

export interface LinearMemoryOptions {
  /** Upper limit in bytes, at most 4 GiB; default 4 GiB. Only what is used takes memory. */
  readonly limit?: number;
  /** Grows the memory by a page at every allocation, which detaches all views: a test of the rule not to keep them. */
  readonly growAlways?: boolean;
}

/**
 * The one `WebAssembly.Memory` and its one write API, which marks 4 KiB pages dirty.
 *
 * Reads go through the getters (`u8`, `u32`, …), whose views are valid until the next allocation: nobody keeps them.
 * Everything is little-endian. Addresses are byte offsets, given as non-negative numbers.
 */
export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly limit: number;
  readonly growAlways: boolean;
  #u8!: Uint8Array;
  #i32!: Int32Array;
  #dv!: DataView;
  readonly #dirty = new Uint8Array(MAX_PAGES);
  #dirtyList: number[] = [];

  constructor(initialBytes: number, options: LinearMemoryOptions = {}) {
    this.limit = Math.min(options.limit ?? 2 ** 32, 2 ** 32);
    this.growAlways = options.growAlways ?? false;
    const initial = Math.ceil(initialBytes / WASM_PAGE);
    this.memory = new WebAssembly.Memory({ initial, maximum: Math.max(initial, Math.floor(this.limit / WASM_PAGE)) });
    this.#refresh();
  }

  #refresh(): void {
    const { buffer } = this.memory;
    this.#u8 = new Uint8Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#dv = new DataView(buffer);
  }

  /** Bytes; a view until the next allocation. */
  get u8(): Uint8Array {
    return this.#u8;
  }

  /** Aligned 32-bit words, indexed by address / 4; a view until the next allocation. */
  get i32(): Int32Array {
    return this.#i32;
  }

  /** Unaligned access; a view until the next allocation. Reads only. */
  get dv(): DataView {
    return this.#dv;
  }

  /** Current size in bytes. */
  get size(): number {
    return this.#u8.length;
  }

  /** Makes addresses below `end` exist; false when the limit forbids it or the host has no memory left. */
  ensure(end: number): boolean {
    const missing = Math.ceil(end / WASM_PAGE) - this.size / WASM_PAGE;
    const pages = Math.max(missing, this.growAlways ? 1 : 0);
    if (pages <= 0) return true;
    if (missing > 0 && end > this.limit) return false;
    // Grow by an eighth at least, so that many small allocations do not copy views many times.
    const ample = Math.max(pages, this.growAlways ? 1 : this.size >>> (16 + 3));
    const grown = this.#grow(ample) || this.#grow(pages);
    return grown || missing <= 0;
  }

  #grow(pages: number): boolean {
    if (this.size + pages * WASM_PAGE > this.limit) return false;
    try {
      this.memory.grow(pages);
    } catch {
      return false;
    }
    this.#refresh();
    return true;
  }

  /** Marks the page of an address dirty. */
  touch(addr: number): void {
    const page = addr >>> PAGE_SHIFT;
    if (this.#dirty[page] === 0) {
      this.#dirty[page] = 1;
      this.#dirtyList.push(page);
    }
  }

  /** Marks every page of a byte range dirty. */
  touchRange(addr: number, size: number): void {
    if (size <= 0) return;
    const last = (addr + size - 1) >>> PAGE_SHIFT;
    for (let page = addr >>> PAGE_SHIFT; page <= last; page++) this.touch(page << PAGE_SHIFT);
  }

  /** Marks the page of an address, and the next one if the `last` bytes after it reach there. */
  #touchScalar(addr: number, last: number): void {
    this.touch(addr);
    if ((addr & (PAGE_SIZE - 1)) > PAGE_SIZE - 1 - last) this.touch(addr + last);
  }

  /** Writes 1 byte. */
  setU8(addr: number, value: number): void {
    this.touch(addr);
    this.#u8[addr] = value;
  }

  /** Writes 2 bytes, little-endian. */
  setU16(addr: number, value: number): void {
    this.#touchScalar(addr, 1);
    this.#dv.setUint16(addr, value, true);
  }

  /** Writes 4 bytes, little-endian. */
  setU32(addr: number, value: number): void {
    this.#touchScalar(addr, 3);
    this.#dv.setInt32(addr, value, true);
  }

  /** 64 bits from two 32-bit halves of any sign. */
  setU64(addr: number, lo: number, hi: number): void {
    this.#touchScalar(addr, 7);
    this.#dv.setInt32(addr, lo, true);
    this.#dv.setInt32(addr + 4, hi, true);
  }

  /** Writes the same byte `length` times. */
  fill(addr: number, byte: number, size: number): void {
    this.touchRange(addr, size);
    this.#u8.fill(byte, addr, addr + size);
  }

  /** Zeroes whole pages; the ones that hold only zeros are left alone, so that they take no memory. */
  clearPages(first: number, count: number): void {
    const words = this.#i32;
    for (let page = first; page < first + count; page++) {
      const end = (page + 1) * (PAGE_SIZE / 4);
      let at = page * (PAGE_SIZE / 4);
      while (at < end && words[at] === 0) at++;
      if (at < end) this.fill(page * PAGE_SIZE, 0, PAGE_SIZE);
    }
  }

  /** memmove inside the memory. */
  copy(to: number, from: number, size: number): void {
    this.touchRange(to, size);
    if (size > SHORT_COPY || ((to | from) & 3) !== 0 || (to > from && to < from + size)) {
      this.#u8.copyWithin(to, from, from + size);
      return;
    }
    // Keys and values: a loop is several times faster than the built-in copy.
    const words = this.#i32;
    const end = size >>> 2;
    for (let i = 0; i < end; i++) words[(to >>> 2) + i] = words[(from >>> 2) + i]!;
    for (let i = size & ~3; i < size; i++) this.#u8[to + i] = this.#u8[from + i]!;
  }

  /** Writes bytes from outside. */
  put(addr: number, bytes: Uint8Array): void {
    this.touchRange(addr, bytes.length);
    this.#u8.set(bytes, addr);
  }

  /** 2 bytes, little-endian. */
  getU16(addr: number): number {
    return this.#dv.getUint16(addr, true);
  }

  /** 4 bytes, little-endian. */
  getU32(addr: number): number {
    return this.#dv.getUint32(addr, true);
  }

  /** A copy of a byte range. */
  bytes(addr: number, size: number): Uint8Array {
    return this.#u8.slice(addr, addr + size);
  }

  /** memcmp(…) == 0. */
  equal(a: number, b: number, size: number): boolean {
    const m = this.#u8;
    for (let i = 0; i < size; i++) if (m[a + i] !== m[b + i]) return false;
    return true;
  }

  /** The pages written since the last call, unordered; the marks are cleared. */
  takeDirty(): number[] {
    const list = this.#dirtyList;
    for (const page of list) this.#dirty[page] = 0;
    this.#dirtyList = [];
    return list;
  }

  /** A copy of one 4 KiB page, by page number. */
  pageBytes(page: number): Uint8Array {
    return this.bytes(page << PAGE_SHIFT, PAGE_SIZE);
  }
}
