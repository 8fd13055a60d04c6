/**
 * The packet of the program that runs: where it lies and its bytes now. Each context leads to it in its own way: a row
 * for each, by the name of the context's struct.
 */
import type { Arena } from '../../mem/arena.ts';
import type { PacketStart } from '../../net/parse.ts';
import { skbField, skbHeadlen } from '../../net/skb.ts';
import { msgSize } from '../../net/skMsg.ts';
import { xdpField, xdpGetBuffLen, xdpGetMetalen } from '../../net/xdp.ts';
import { offsetOf } from '../../spec/layouts.ts';
import type { View } from '../view.ts';

/** What the first byte of the data belongs to; `data`: what a socket carries, no header. */
type PacketLayer = PacketStart | 'transport' | 'data';

/** The data that a program works on. */
export interface PacketNow {
  /** Linear address of the first byte. */
  readonly at: number;
  /** A copy of the linear part, as far as memory holds it. */
  readonly bytes: Uint8Array;
  /** Bytes of the whole packet, with what lies in fragments or other pieces behind `bytes`. */
  readonly total: number;
  readonly layer: PacketLayer;
  /** The kernel object that holds it. */
  readonly object: { readonly struct: string; readonly address: number };
  /** Bytes of metadata before the first byte (data_meta). */
  readonly metaLength: number;
  /** The program may touch the bytes through pointers; otherwise only helpers and LD_ABS reach them. */
  readonly direct: boolean;
}

type Found = Omit<PacketNow, 'bytes' | 'direct'> & { readonly size: number };
type Find = (arena: Arena, object: number, progType: string) => Found | undefined;

/** Prog types whose packets begin with the Ethernet header. */
const WITH_L2: ReadonlySet<string> = new Set(['sched_cls', 'sched_act', 'flow_dissector', 'xdp']);

function pointer(arena: Arena, at: number): number {
  return arena.getU32(at);
}

function ofSkb(arena: Arena, skb: number, layer: PacketLayer): Found | undefined {
  if (skb === 0) return undefined;
  const at = skbField(arena, skb, 'data');
  const meta = pointer(arena, skb + offsetOf('sk_buff', 'cb') + offsetOf('bpf_skb_data_end', 'data_meta'));
  const inside = meta !== 0 && meta < at && arena.regionAt(meta) === arena.regionAt(at);
  return {
    at,
    size: skbHeadlen(arena, skb),
    total: skbField(arena, skb, 'len'),
    layer,
    object: { struct: 'sk_buff', address: skb },
    metaLength: inside && (layer === 'eth' || layer === 'ip') ? at - meta : 0,
  };
}

function between(arena: Arena, struct: string, object: number, ends: readonly [number, number]): Found | undefined {
  const at = pointer(arena, object + ends[0]);
  const size = Math.max(0, pointer(arena, object + ends[1]) - at);
  return { at, size, total: size, layer: 'data', object: { struct, address: object }, metaLength: 0 };
}

const FINDERS: Readonly<Record<string, Find>> = {
  xdp_md: (arena, xdp) => ({
    at: xdpField(arena, xdp, 'data'),
    size: Math.max(0, xdpField(arena, xdp, 'data_end') - xdpField(arena, xdp, 'data')),
    total: xdpGetBuffLen(arena, xdp),
    layer: 'eth',
    object: { struct: 'xdp_buff', address: xdp },
    metaLength: xdpGetMetalen(arena, xdp),
  }),
  __sk_buff: (arena, object, progType) => {
    if (progType === 'flow_dissector') {
      const ends = [offsetOf('bpf_flow_dissector', 'data'), offsetOf('bpf_flow_dissector', 'data_end')] as const;
      const found = between(arena, 'bpf_flow_dissector', object, ends);
      return found && { ...found, layer: 'eth' };
    }
    return ofSkb(arena, object, progType === 'sk_skb' ? 'data' : WITH_L2.has(progType) ? 'eth' : 'ip');
  },
  bpf_nf_ctx: (arena, ctx) => ofSkb(arena, pointer(arena, ctx + offsetOf('bpf_nf_ctx', 'skb')), 'ip'),
  sk_reuseport_md: (arena, kern) =>
    ofSkb(arena, pointer(arena, kern + offsetOf('sk_reuseport_kern', 'skb')), 'transport'),
  sk_msg_md: (arena, msg) => {
    const ends = [offsetOf('sk_msg', 'data'), offsetOf('sk_msg', 'data_end')] as const;
    const found = between(arena, 'sk_msg', msg, ends);
    return found && { ...found, total: Math.max(found.size, msgSize(arena, msg)) };
  },
  bpf_sock_ops: (arena, kern) => {
    const skb = ofSkb(arena, pointer(arena, kern + offsetOf('bpf_sock_ops_kern', 'skb')), 'transport');
    // The header of the segment is what the program sees of it.
    const end = pointer(arena, kern + offsetOf('bpf_sock_ops_kern', 'skb_data_end'));
    return skb && { ...skb, size: Math.max(0, end - skb.at) };
  },
  bpf_sockopt: (arena, kern) =>
    between(arena, 'bpf_sockopt_kern', kern, [
      offsetOf('bpf_sockopt_kern', 'optval'),
      offsetOf('bpf_sockopt_kern', 'optval_end'),
    ]),
};

/** The packet as it is now; undefined between packets, in callbacks of timers and for programs that work on none. */
export function packetOf(view: View): PacketNow | undefined {
  const { kernel, running } = view;
  const object = running?.run.context?.object ?? 0;
  if (!running || object === 0) return undefined;
  const { arena } = kernel;
  const { ctxStruct, progType } = running.prog.executable;
  const found = Object.hasOwn(FINDERS, ctxStruct) ? FINDERS[ctxStruct]!(arena, object, progType) : undefined;
  if (!found || found.at === 0) return undefined;
  const region = arena.region(found.at);
  if (!region || found.at > region.end) return undefined;
  const { size, ...packet } = found;
  const bytes = arena.bytes(found.at, Math.min(size, region.end - found.at));
  const direct = region.lo <= found.at && found.at + bytes.length <= region.hi && region.lo < region.hi;
  return { ...packet, bytes, direct };
}
