/** ICMP of the node: answers to echoes, and errors about packets that it cannot deliver. */
import { internetChecksum } from '../../net/checksum.ts';
import { skbField } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import type { KernelCore } from '../core.ts';
import { draw } from '../sockets/call.ts';
import { icmpSend } from '../sockets/icmp.ts';
import { type IpInput, ipPacket, readIp, transportChecksum } from '../sockets/packet/ip.ts';
import { dataBytes, skbOf } from './buffer.ts';
import { later, newPacket } from './flow.ts';
import { tell } from './record.ts';
import { isForAll, sourceFor } from './route.ts';
import type { Trip } from './state.ts';

const { IPPROTO_ICMP, IPPROTO_ICMPV6 } = UAPI;

/** What is wrong with the packet. */
export type IcmpError = 'no-route' | 'no-host' | 'prohibited' | 'time-exceeded' | 'too-big' | 'protocol';

/** Type and code of each error in both families; ICMPv6 has none about protocols in this place. */
const ERRORS: Readonly<
  Record<IcmpError, { readonly v4: readonly [number, number]; readonly v6: readonly [number, number] }>
> = {
  'no-route': { v4: [3, 0], v6: [1, 0] },
  'no-host': { v4: [3, 1], v6: [1, 0] },
  prohibited: { v4: [3, 13], v6: [1, 1] },
  'time-exceeded': { v4: [11, 0], v6: [3, 0] },
  'too-big': { v4: [3, 4], v6: [2, 0] },
  protocol: { v4: [3, 2], v6: [4, 1] },
};

/** A packet of the node's own sets out. */
function sendPacket(kernel: KernelCore, { cpu, ns }: Trip, packet: Uint8Array): undefined {
  const skb = skbOf(kernel, packet);
  if (skb === 0) return undefined;
  const trip: Trip = { id: newPacket(kernel), cpu, ns, steps: 0, xmits: 0 };
  tell(kernel, trip, { kind: 'sent', socket: 'kernel', bytes: packet });
  return later(kernel, { ...trip, at: 'output', skb });
}

/** Tells a packet's sender what is wrong with it, where a route leads back. `info`: the MTU that is too small. @kernel icmp_send, icmp6_send */
export function sendIcmp(kernel: KernelCore, trip: Trip, skb: number, error: IcmpError, info = 0): void {
  const bytes = dataBytes(kernel.arena, skb);
  const v6 = bytes[0]! >> 4 === 6;
  const input: IpInput = { bytes, ipOffset: 0, family: v6 ? 'inet6' : 'inet' };
  const source = sourceFor(kernel.world.net, v6 ? bytes.slice(8, 24) : bytes.slice(12, 16));
  if (!source || skbField(kernel.arena, skb, 'pkt_type') !== 0) return;
  if (isForAll(kernel.world.net, v6 ? bytes.slice(24, 40) : bytes.slice(16, 20)) && error !== 'too-big') return;
  const [type, code] = ERRORS[error][v6 ? 'v6' : 'v4'];
  const packet = icmpSend(kernel, input, type, code, info, source);
  if (packet) sendPacket(kernel, trip, packet);
}

/** @kernel icmp_echo, icmpv6_echo_reply */
export function echoReply(kernel: KernelCore, trip: Trip, input: IpInput): undefined {
  const ip = readIp(input);
  if (!ip) return undefined;
  const body = ip.payload.slice();
  body[0] = ip.v6 ? 129 : 0;
  body[2] = 0;
  body[3] = 0;
  const { net } = kernel.world;
  const src = isForAll(net, ip.dst) ? sourceFor(net, ip.src) : ip.dst;
  if (!src) return undefined;
  const protocol = ip.v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
  const check = ip.v6 ? transportChecksum(src, ip.src, protocol, body) : internetChecksum(body);
  body[2] = check >> 8;
  body[3] = check & 0xff;
  const header = { src, dst: ip.src, protocol, ttl: 64, tos: ip.tos, id: draw(kernel) & 0xffff, df: false };
  return sendPacket(kernel, trip, ipPacket(header, body));
}
