/**
 * BPF_F_TEST_XDP_LIVE_FRAMES: each run has a page of its own from a page pool. A page gets the packet when it is new; when
 * it comes back from the pool only its bounds are reset, so what programs wrote into packets shows again later. Which page
 * comes back when is the page pool's order: a stack of pages at hand, refilled from a ring of returned ones.
 */
import { setXdpField, xdpField, xdpMoveWindow } from '../../net/xdp.ts';
import { UAPI } from '../../spec/constants.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import type { KernelCore } from '../core.ts';
import type { Parts } from './parts.ts';
import type { PreparedRun } from './prepare.ts';

/** Bytes that the kernel keeps at the beginning of each page: two xdp_buffs. */
export const PAGE_HEAD = 2 * LAYOUTS.xdp_buff.size;

const PAGE = 4096;
const NAPI_POLL_WEIGHT = 64;
/** Pages that the pool allocates, or takes back from the ring, at a time. */
const REFILL = 64;
/** Largest ring: the largest batch. */
const MAX_RING = 256;
/** Pages that can be in use: at hand, in the ring, on their way up the stack, and a refill more. */
const MAX_PAGES = REFILL + 2 * MAX_RING + REFILL;

/** 32-bit words of the pool's state; the lists are words too. */
const STATE = {
  cacheCount: 0,
  ringHead: 1,
  ringCount: 2,
  passedCount: 3,
  freeCount: 4,
  batchLeft: 5,
  page: 6,
  cache: 16,
  ring: 16 + REFILL,
  passed: 16 + REFILL + MAX_RING,
  free: 16 + REFILL + 2 * MAX_RING,
  /** 1 for a page that has not been used. */
  fresh: 16 + REFILL + 2 * MAX_RING + MAX_PAGES,
  words: 16 + REFILL + 2 * MAX_RING + 2 * MAX_PAGES,
} as const;

export interface LiveFrames {
  readonly hooks: Required<Pick<PreparedRun, 'before' | 'after'>>;
  /** Puts the packet back as user space passed it: what comes out of the pool is not copied out. */
  done(): void;
}

const BOUNDS = ['data', 'data_meta', 'data_end', 'flags'] as const;

/** Live frames over an xdp_buff that holds the packet, or undefined when memory is full. `batch` 0 is the default of 64. */
export function liveFrames(
  kernel: KernelCore,
  parts: Parts,
  xdp: number,
  { batch, repeat }: { batch: number; repeat: number },
): LiveFrames | undefined {
  const { arena } = kernel;
  const batchSize = batch === 0 ? NAPI_POLL_WEIGHT : batch;
  const buffer = xdpField(arena, xdp, 'data_hard_start');
  const size = xdpField(arena, xdp, 'frame_sz');
  const state = parts.object(4 * STATE.words);
  const original = parts.object(PAGE);
  const pages = parts.object(MAX_PAGES * PAGE);
  if (parts.failed()) return undefined;
  arena.copy(original, buffer, size);
  const bounds = BOUNDS.map((name) => xdpField(arena, xdp, name));
  const get = (word: number): number => arena.getU32(state + 4 * word);
  const set = (word: number, value: number): void => arena.setU32(state + 4 * word, value);
  const push = (count: number, list: number, page: number): void => {
    set(list + get(count), page);
    set(count, get(count) + 1);
  };
  const pop = (count: number, list: number): number => {
    set(count, get(count) - 1);
    return get(list + get(count));
  };
  for (let page = 0; page < MAX_PAGES; page++) push(STATE.freeCount, STATE.free, page);

  /** @kernel page_pool_alloc_pages */
  const alloc = (): number => {
    if (get(STATE.cacheCount) > 0) return pop(STATE.cacheCount, STATE.cache);
    while (get(STATE.ringCount) > 0 && get(STATE.cacheCount) < REFILL) {
      push(STATE.cacheCount, STATE.cache, get(STATE.ring + get(STATE.ringHead)));
      set(STATE.ringHead, (get(STATE.ringHead) + 1) % batchSize);
      set(STATE.ringCount, get(STATE.ringCount) - 1);
    }
    if (get(STATE.cacheCount) > 0) return pop(STATE.cacheCount, STATE.cache);
    for (let i = 0; i < REFILL; i++) {
      const page = pop(STATE.freeCount, STATE.free);
      set(STATE.fresh + page, 1);
      push(STATE.cacheCount, STATE.cache, page);
    }
    return pop(STATE.cacheCount, STATE.cache);
  };
  /** @kernel page_pool_put_page */
  const put = (page: number): void => {
    if (get(STATE.ringCount) === batchSize) {
      push(STATE.freeCount, STATE.free, page);
      return;
    }
    set(STATE.ring + ((get(STATE.ringHead) + get(STATE.ringCount)) % batchSize), page);
    set(STATE.ringCount, get(STATE.ringCount) + 1);
  };
  const load = (bytes: number): void => {
    arena.copy(buffer, bytes, size);
    for (const [i, name] of BOUNDS.entries()) setXdpField(arena, xdp, name, bounds[i]!);
    xdpMoveWindow(arena, xdp);
  };
  const endBatch = (): void => {
    const count = get(STATE.passedCount);
    for (let i = 0; i < count; i++) put(get(STATE.passed + i));
    set(STATE.passedCount, 0);
  };

  const before = (n: number): void => {
    if (get(STATE.batchLeft) === 0) {
      endBatch();
      set(STATE.batchLeft, Math.min(repeat - n, batchSize));
    }
    const page = alloc();
    set(STATE.page, page);
    load(get(STATE.fresh + page) === 1 ? original : pages + page * PAGE);
    set(STATE.fresh + page, 0);
  };
  const after = (retval: number): number => {
    const page = get(STATE.page);
    arena.copy(pages + page * PAGE, buffer, size);
    // Passed frames go up the stack at the end of the batch and come back then; all others are returned at once.
    if (retval === UAPI.XDP_PASS) push(STATE.passedCount, STATE.passed, page);
    else put(page);
    set(STATE.batchLeft, get(STATE.batchLeft) - 1);
    return retval;
  };
  return { hooks: { before, after }, done: () => load(original) };
}
