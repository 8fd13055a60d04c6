/** BPF_PROG_TEST_RUN of XDP programs. */
import type { Arena } from '../../mem/arena.ts';
import type { NetNs } from '../../net/route/netns.ts';
import { deviceByIndex, LOOPBACK_IFINDEX } from '../../net/route/netns.ts';
import { setRxqField } from '../../net/skbField.ts';
import { allocXdp, freeXdp, setXdpField, xdpField, xdpMoveWindow } from '../../net/xdp.ts';
import { MAX_SKB_FRAGS, xdpAddFrag, xdpFrag, xdpFragCount, xdpFragsSize } from '../../net/xdpFrags.ts';
import { ATTACH_TYPES } from '../../spec/attachTypes.ts';
import { UAPI } from '../../spec/constants.ts';
import { CONTEXTS } from '../../spec/ctx/index.ts';
import { ERRNO } from '../../spec/errno.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import { deviceObject } from '../net/deviceObject.ts';
import { newParts, type Parts } from './parts.ts';
import type { PrepareRun } from './prepare.ts';
import { bpfCtxFinish, bpfCtxInit, runsOf, type TestRunInput, type TestRunOutput, wantsOut } from './uarg.ts';
import { liveFrames, PAGE_HEAD } from './xdpLive.ts';

const { BPF_F_TEST_XDP_LIVE_FRAMES, ETH_HLEN, XDP_PACKET_HEADROOM } = UAPI;
const PAGE = 4096;
const CACHE_LINE = 64;
const TAILROOM = Math.ceil(LAYOUTS.skb_shared_info.size / CACHE_LINE) * CACHE_LINE;
/** The headroom keeps room for an xdp_frame. */
const MAX_METALEN = XDP_PACKET_HEADROOM - LAYOUTS.xdp_frame.size;
const MAX_BATCH = 256;
/** Attach types of programs that only run on redirected frames. */
const REDIRECTED: readonly number[] = [ATTACH_TYPES.xdp_devmap.id, ATTACH_TYPES.xdp_cpumap.id];

const { size: CTX_SIZE, fields: FIELDS } = CONTEXTS.xdp_md!;

function get(ctx: Uint8Array, name: string): number {
  return new DataView(ctx.buffer, ctx.byteOffset).getUint32(FIELDS[name]!.offset, true);
}

function set(ctx: Uint8Array, name: string, value: number): void {
  new DataView(ctx.buffer, ctx.byteOffset).setUint32(FIELDS[name]!.offset, value, true);
}

/** What the context says about the queue: 0, or the errno of a queue that is not there. @kernel xdp_convert_md_to_buff */
function queueErrno(net: NetNs, ctx: Uint8Array): number {
  const ifindex = get(ctx, 'ingress_ifindex');
  const queue = get(ctx, 'rx_queue_index');
  if (get(ctx, 'egress_ifindex') !== 0 || (ifindex === 0 && queue !== 0)) return ERRNO.EINVAL;
  if (ifindex === 0) return 0;
  const device = deviceByIndex(net, ifindex);
  if (!device) return ERRNO.ENODEV;
  return queue < device.queues ? 0 : ERRNO.EINVAL;
}

interface Shape {
  readonly meta: number;
  /** Bytes before the metadata, and how many there are for metadata and packet. */
  readonly headroom: number;
  readonly room: number;
  /** Bytes in the linear part, metadata included. */
  readonly linear: number;
}

/** How the bytes lie in the page and its fragments, or a positive errno. */
function shapeOf(input: TestRunInput, size: number, ctx: Uint8Array | undefined, live: boolean): Shape | number {
  let linear = size;
  let meta = 0;
  if (ctx) {
    meta = get(ctx, 'data');
    const end = get(ctx, 'data_end');
    if (get(ctx, 'data_meta') !== 0 || end > size || meta > end) return ERRNO.EINVAL;
    const out = input.outSize !== 0 || (input.ctx ? input.ctxOutSize !== 0 : wantsOut(input.ctxOutSize));
    if (live && out) return ERRNO.EINVAL;
    if (meta % 4 !== 0 || meta > MAX_METALEN) return ERRNO.EINVAL;
    linear = end;
  }
  const headroom = XDP_PACKET_HEADROOM - meta;
  const room = PAGE - headroom - TAILROOM - (live ? PAGE_HEAD : 0);
  linear = Math.min(linear, room);
  if ((live && size > linear) || size - meta < ETH_HLEN) return ERRNO.EINVAL;
  return { meta, headroom, room, linear };
}

/** Puts what the linear part leaves into fragments, a page each; false when there are too many. */
function addFrags(arena: Arena, parts: Parts, xdp: number, rest: Uint8Array): boolean {
  for (let at = 0; at < rest.length; at += PAGE) {
    if (xdpFragCount(arena, xdp) === MAX_SKB_FRAGS) return false;
    const page = parts.object(PAGE);
    if (page === 0) return false;
    const bytes = rest.subarray(at, at + PAGE);
    arena.put(page, bytes);
    xdpAddFrag(arena, xdp, page, bytes.length);
  }
  return true;
}

/** The answer with the packet; one that does not fit loses bytes of the linear part first. @kernel bpf_test_finish */
function xdpTestFinish(arena: Arena, xdp: number, input: TestRunInput, retval: number): TestRunOutput {
  const first = xdpField(arena, xdp, 'data_meta');
  const linear = xdpField(arena, xdp, 'data_end') - first;
  const frags = xdpFragsSize(arena, xdp);
  const size = linear + frags;
  const room = input.outSize === undefined ? size : Math.min(size, input.outSize);
  if (input.outSize === 0) return { errno: 0, retval, dataSize: size };
  const errno = room < size ? ERRNO.ENOSPC : 0;
  const dataOut = new Uint8Array(room);
  // Room that does not even hold the fragments stays untouched, and nothing else is told.
  if (room < frags) return { errno, retval: 0, dataOut };
  dataOut.set(arena.bytes(first, room - frags));
  let at = room - frags;
  for (let i = 0; i < xdpFragCount(arena, xdp); i++) {
    const { address, len } = xdpFrag(arena, xdp, i);
    dataOut.set(arena.bytes(address, len), at);
    at += len;
  }
  return { errno, retval, dataOut, dataSize: size };
}

/**
 * Sets up the xdp_buff of a test run: metadata before the packet, headroom before that, one page in all, what does not
 * fit in fragments.
 * @kernel bpf_prog_test_run_xdp
 */
export const xdpTestRun: PrepareRun = (kernel, prog, input) => {
  const { arena } = kernel;
  const flags = input.flags ?? 0;
  const live = (flags & BPF_F_TEST_XDP_LIVE_FRAMES) !== 0;
  const batch = input.batchSize ?? 0;
  const attached = REDIRECTED.includes(prog.attachType) || prog.devBound;
  if (attached || (flags & ~BPF_F_TEST_XDP_LIVE_FRAMES) !== 0) return { errno: ERRNO.EINVAL };
  if (live ? batch > MAX_BATCH : batch !== 0) return { errno: live ? ERRNO.E2BIG : ERRNO.EINVAL };
  const ctx = bpfCtxInit(input, CTX_SIZE);
  if (typeof ctx === 'number') return { errno: ctx };
  const data = input.data ?? new Uint8Array();
  const shape = shapeOf(input, data.length, ctx, live);
  if (typeof shape === 'number') return { errno: shape };
  const { meta, headroom, room, linear } = shape;
  const queue = ctx ? queueErrno(kernel.world.net, ctx) : 0;
  if (queue !== 0) return { errno: queue };
  const parts = newParts(arena);
  const dev = deviceObject(kernel, (ctx && get(ctx, 'ingress_ifindex')) || LOOPBACK_IFINDEX);
  const spec = { headroom, size: linear, tailroom: room - linear, dev };
  const xdp = parts.take(allocXdp(arena, spec), (made) => freeXdp(arena, made));
  if (dev === 0 || parts.failed() || !addFrags(arena, parts, xdp, data.subarray(linear))) {
    parts.free();
    return { errno: ERRNO.ENOMEM };
  }
  const start = xdpField(arena, xdp, 'data_hard_start') + headroom;
  const rxq = xdpField(arena, xdp, 'rxq');
  setRxqField(arena, rxq, 'queue_index', ctx ? get(ctx, 'rx_queue_index') : 0);
  setRxqField(arena, rxq, 'frag_size', PAGE);
  arena.put(start, data.subarray(0, linear));
  setXdpField(arena, xdp, 'data', start + meta);
  setXdpField(arena, xdp, 'data_meta', start);
  xdpMoveWindow(arena, xdp);
  const packets = { moved: () => xdpMoveWindow(arena, xdp), load: () => -1 };
  const repeat = runsOf(input);
  const runs = live ? liveFrames(kernel, parts, xdp, { batch, repeat }) : undefined;
  if (live && !runs) {
    parts.free();
    return { errno: ERRNO.ENOMEM };
  }
  const finish = (retval: number): TestRunOutput => {
    runs?.done();
    const output = xdpTestFinish(arena, xdp, input, live ? 0 : retval);
    if (ctx) {
      const first = xdpField(arena, xdp, 'data_meta');
      set(ctx, 'data', xdpField(arena, xdp, 'data') - first);
      set(ctx, 'data_end', xdpField(arena, xdp, 'data_end') - first);
    }
    return bpfCtxFinish(input, output, ctx);
  };
  return { ctx: { object: xdp }, packets, repeat, ...runs?.hooks, finish, free: parts.free };
};
