/** Finding the socket that a packet is for. */
import type { KernelCore } from '../core.ts';
import { socketLookup } from './lookup.ts';
import type { SocketProto } from './table.ts';

/** A packet's addresses, in network order, and its ports. */
export interface FlowKey {
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  readonly sport: number;
  readonly dport: number;
}

/** Words of an address as little-endian loads give them. */
export function addressWords(bytes: Uint8Array): readonly number[] {
  const dv = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, i) => dv.getUint32(4 * i, true));
}

/** The socket, or 0. @kernel __inet_lookup_skb, __udp4_lib_lookup_skb */
export function lookupFlow(kernel: KernelCore, proto: SocketProto, flow: FlowKey, ifindex: number): number {
  const { arena, seed, world } = kernel;
  // The hash of a reuseport group reads the address where helpers have it: in linear memory.
  const saddrAt = kernel.frames.buffers;
  arena.put(saddrAt, flow.src);
  return socketLookup({ arena, seed, table: world.sockets }, proto, {
    v6: flow.src.length === 16,
    saddr: addressWords(flow.src),
    saddrAt,
    daddr: addressWords(flow.dst),
    sport: flow.sport,
    dport: flow.dport,
    dif: ifindex,
    cpu: world.cpu,
  });
}
