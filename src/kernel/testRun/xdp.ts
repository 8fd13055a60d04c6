/** BPF_PROG_TEST_RUN of XDP programs. */
import { PERM_NONE } from '../../mem/arena.ts';
import { allocLoopback, LOOPBACK_IFINDEX } from '../../net/netDevice.ts';
import { allocXdp, freeXdp, setXdpField, xdpField, xdpMoveWindow } from '../../net/xdp.ts';
import { UAPI } from '../../spec/constants.ts';
import { CONTEXTS } from '../../spec/ctx/index.ts';
import { ERRNO } from '../../spec/errno.ts';
import { HELPERS } from '../../spec/helpers/index.ts';
import { LAYOUTS, offsetOf } from '../../spec/layouts.ts';
import { kernelProblem } from '../messages.ts';
import type { ProgRecord } from '../world.ts';
import type { PrepareRun } from './prepare.ts';
import { bpfCtxInit, clampOut, type TestRunOutput } from './uarg.ts';

const { BPF_F_TEST_XDP_LIVE_FRAMES, ETH_HLEN, XDP_PACKET_HEADROOM } = UAPI;
const PAGE = 4096;
const CACHE_LINE = 64;
const TAILROOM = Math.ceil(LAYOUTS.skb_shared_info.size / CACHE_LINE) * CACHE_LINE;
/** The headroom keeps room for an xdp_frame. */
const MAX_METALEN = XDP_PACKET_HEADROOM - LAYOUTS.xdp_frame.size;
const XDP_FLAGS_HAS_FRAGS = 1;
const MAX_SKB_FRAGS = 17;
const FRAGS_SIZE = offsetOf('skb_shared_info', 'xdp_frags_size');

/** Helpers that see fragments, which the simulated ones do not. */
const FRAGMENT_HELPERS = [
  'bpf_xdp_adjust_tail',
  'bpf_xdp_get_buff_len',
  'bpf_xdp_load_bytes',
  'bpf_xdp_store_bytes',
  'bpf_perf_event_output',
] as const;

/** The first of those that some loaded program calls: a tail call may lead to any of them. */
function fragmentReader(progs: readonly ProgRecord[]): string | undefined {
  const calls = new Set<number>();
  for (const { executable } of progs) {
    for (const insn of executable.insns) if (insn?.row?.name === 'call_helper') calls.add(insn.imm);
  }
  return FRAGMENT_HELPERS.find((name) => calls.has(HELPERS[name].id));
}

const { size: CTX_SIZE, fields: FIELDS } = CONTEXTS.xdp_md!;

/**
 * Sets up the xdp_buff of a test run: metadata before the packet, headroom before that, one page in all.
 * @kernel bpf_prog_test_run_xdp
 */
export const xdpTestRun: PrepareRun = (kernel, _prog, input) => {
  const { arena } = kernel;
  const refuse = (name: 'EINVAL' | 'ENODEV' | 'ENOMEM'): { errno: number } => ({ errno: ERRNO[name] });
  const flags = input.flags ?? 0;
  if ((flags & ~BPF_F_TEST_XDP_LIVE_FRAMES) !== 0) return refuse('EINVAL');
  if ((flags & BPF_F_TEST_XDP_LIVE_FRAMES) !== 0) {
    return { problem: kernelProblem('not-covered', {}, { what: 'BPF_F_TEST_XDP_LIVE_FRAMES' }) };
  }
  if (input.batchSize) return refuse('EINVAL');
  const data = input.data ?? new Uint8Array();
  const ctx = bpfCtxInit(input.ctx, CTX_SIZE);
  if (typeof ctx === 'number') return { errno: ctx };
  const view = new DataView(ctx.buffer);
  const get = (name: string): number => view.getUint32(FIELDS[name]!.offset, true);
  const meta = get('data');
  if (input.ctx) {
    if (get('data_meta') !== 0 || get('data_end') > data.length || meta > get('data_end')) return refuse('EINVAL');
    if (meta % 4 !== 0 || meta > MAX_METALEN) return refuse('EINVAL');
  }
  const headroom = XDP_PACKET_HEADROOM - meta;
  const room = PAGE - headroom - TAILROOM;
  if (data.length - meta < ETH_HLEN) return refuse('EINVAL');
  // What the context or the page leaves no room for lies in fragments.
  const linear = Math.min(input.ctx ? get('data_end') : data.length, room);
  const frags = data.subarray(linear);
  if (frags.length > MAX_SKB_FRAGS * PAGE) return refuse('ENOMEM');
  const reader = frags.length > 0 ? fragmentReader(kernel.world.progs) : undefined;
  if (reader) return { problem: kernelProblem('not-covered', {}, { what: `${reader} on a packet in fragments` }) };
  if (input.ctx) {
    if (get('egress_ifindex') !== 0) return refuse('EINVAL');
    const ifindex = get('ingress_ifindex');
    if (ifindex === 0 && get('rx_queue_index') !== 0) return refuse('EINVAL');
    if (ifindex > LOOPBACK_IFINDEX) return refuse('ENODEV');
    // The loopback has one queue.
    if (get('rx_queue_index') !== 0) return refuse('EINVAL');
  }
  const dev = allocLoopback(arena);
  const made = allocXdp(arena, { headroom, size: linear, tailroom: room - linear, ...(dev.ok && { dev: dev.value }) });
  const rest = arena.alloc({ kind: 'kernel', size: frags.length, perm: PERM_NONE });
  if (!dev.ok || !made.ok || !rest.ok) {
    for (const part of [dev, rest]) if (part.ok) arena.free(part.value);
    if (made.ok) freeXdp(arena, made.value);
    return refuse('ENOMEM');
  }
  const xdp = made.value;
  const start = xdpField(arena, xdp, 'data_hard_start') + headroom;
  arena.put(start, data.subarray(0, linear));
  arena.put(rest.value, frags);
  setXdpField(arena, xdp, 'data', start + meta);
  setXdpField(arena, xdp, 'data_meta', start);
  xdpMoveWindow(arena, xdp);
  const shinfo = start - headroom + PAGE - TAILROOM;
  if (frags.length > 0) {
    setXdpField(arena, xdp, 'flags', XDP_FLAGS_HAS_FRAGS);
    arena.setU32(shinfo + FRAGS_SIZE, frags.length);
  }
  const finish = (retval: number): TestRunOutput => {
    const first = xdpField(arena, xdp, 'data_meta');
    const end = xdpField(arena, xdp, 'data_end');
    const fragsSize = frags.length === 0 ? 0 : arena.getU32(shinfo + FRAGS_SIZE);
    const whole = new Uint8Array(end - first + fragsSize);
    whole.set(arena.bytes(first, end - first));
    whole.set(arena.bytes(rest.value, fragsSize), end - first);
    const out = clampOut(whole, input.outSize);
    // Room that does not even hold the fragments stays untouched, and nothing else is told.
    if (out.bytes.length < fragsSize) return { errno: out.errno, retval: 0, dataOut: out.bytes.fill(0) };
    if (out.errno !== 0 || !input.ctx) return { errno: out.errno, retval, dataOut: out.bytes };
    view.setUint32(FIELDS.data!.offset, xdpField(arena, xdp, 'data') - first, true);
    view.setUint32(FIELDS.data_end!.offset, end - first, true);
    const ctxOut = clampOut(ctx, input.ctxOutSize);
    return { errno: ctxOut.errno, retval, dataOut: out.bytes, ctxOut: ctxOut.bytes };
  };
  const free = (): void => {
    freeXdp(arena, xdp);
    arena.free(dev.value);
    arena.free(rest.value);
  };
  return { object: xdp, packets: { moved: () => xdpMoveWindow(arena, xdp), load: () => -1 }, finish, free };
};
