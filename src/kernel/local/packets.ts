/** Packets and messages of sockets: sk_skb, sk_msg and sk_reuseport programs. */
import type { Arena } from '../../mem/arena.ts';
import { allocSkb, freeSkb, setSkbField, skbField } from '../../net/skb.ts';
import { allocSkMsg, freeSkMsg, skMsgBytes } from '../../net/skMsg.ts';
import { UAPI } from '../../spec/constants.ts';
import { offsetOf } from '../../spec/layouts.ts';
import { swap16 } from '../../util/bits.ts';
import type { PacketObjects } from '../env.ts';
import { NO_PACKET } from '../testRun/prepare.ts';
import type { BuildLocal, LocalRequest } from './local.ts';
import type { KernelObjects } from './objects.ts';

const { AF_INET, ETH_P_IP, TCP_ESTABLISHED } = UAPI;
/** Room before a stream's data, which bpf_skb_change_head may take. */
const HEADROOM = 64;

/** The packet with its window over the data, and what the interpreter asks of it. */
function packet(objects: KernelObjects, { data }: LocalRequest): { skb: number; packets: PacketObjects } {
  const { arena } = objects;
  const made = allocSkb(arena, { headroom: HEADROOM, size: data.length, tailroom: HEADROOM });
  const skb = objects.take(made, (address) => freeSkb(arena, address));
  if (skb === 0) return { skb, packets: NO_PACKET };
  arena.put(skbField(arena, skb, 'data'), data);
  setSkbField(arena, skb, 'protocol', swap16(ETH_P_IP));
  const moved = (): void => moveWindow(arena, skb);
  moved();
  return { skb, packets: { moved, load: () => -1 } };
}

function moveWindow(arena: Arena, skb: number): void {
  const data = skbField(arena, skb, 'data');
  arena.setWindow(skbField(arena, skb, 'head'), data, data + skbField(arena, skb, 'len'));
}

export const skSkb: BuildLocal = (objects, request) => {
  const { arena } = objects;
  const sk = objects.sock({ family: AF_INET, state: TCP_ESTABLISHED });
  const { skb, packets } = packet(objects, request);
  if (objects.full) return { object: skb };
  setSkbField(arena, skb, 'sk', sk);
  return {
    object: skb,
    packets,
    dataOut: () => arena.bytes(skbField(arena, skb, 'data'), skbField(arena, skb, 'len')),
  };
};

/** The data begins at the header of the transport layer. */
export const skReuseport: BuildLocal = (objects, request) => {
  const { arena } = objects;
  const sk = objects.sock({ family: AF_INET });
  const object = objects.struct('sk_reuseport_kern');
  const { skb, packets } = packet(objects, request);
  if (objects.full) return { object };
  const data = skbField(arena, skb, 'data');
  objects.point(object + offsetOf('sk_reuseport_kern', 'skb'), skb);
  objects.point(object + offsetOf('sk_reuseport_kern', 'sk'), sk);
  objects.point(object + offsetOf('sk_reuseport_kern', 'data_end'), data + request.data.length);
  return { object, packets };
};

/** The message as sendmsg makes it. */
export const skMsg: BuildLocal = (objects, { data }) => {
  const { arena } = objects;
  const sk = objects.sock({ family: AF_INET, state: TCP_ESTABLISHED });
  const object = objects.take(allocSkMsg(arena, data), (address) => freeSkMsg(arena, address));
  if (objects.full) return { object };
  objects.point(object + offsetOf('sk_msg', 'sk'), sk);
  return { object, dataOut: () => skMsgBytes(arena, object) };
};
