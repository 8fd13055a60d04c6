/** BPF_PROG_TEST_RUN of programs whose context is a socket buffer. */

import type { Arena } from '../../mem/arena.ts';
import { allocSock, setSockField } from '../../net/netDevice.ts';
import { deviceByIndex, LOOPBACK_IFINDEX } from '../../net/route/netns.ts';
import {
  bpfComputeDataPointers,
  CHECKSUM,
  pskbExpandHead,
  setSkbField,
  skbField,
  skbHeader,
  skbHeadlen,
  skbHeadroom,
  skbPush,
  skbSetHeader,
} from '../../net/skb.ts';
import { csumFold, csumPartial } from '../../net/skbCsum.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { offsetOf } from '../../spec/layouts.ts';
import { allocSockView, sockView } from '../../vm/ctxView.ts';
import { deviceObject } from '../net/deviceObject.ts';
import { freeOwner } from '../storage.ts';
import { newParts } from './parts.ts';
import type { PrepareRun } from './prepare.ts';
import { buildSkb, ethTypeTrans, MAX_SKB_DATA, skbPackets } from './skbBuild.ts';
import { convertFromSkb, convertToSkb, ctxIfindex, SKB_CTX_SIZE } from './skbCtx.ts';
import { bpfCtxFinish, bpfCtxInit, bpfTestFinish, foreignOptions, runsOf, type TestRunOutput } from './uarg.ts';

const { AF_INET, AF_INET6, BPF_F_TEST_SKB_CHECKSUM_COMPLETE, ETH_HLEN, ETH_P_IP, ETH_P_IPV6 } = UAPI;

/** Where in the packet a prog type's program begins, and whether it may touch the packet directly. */
interface SkbKind {
  /** The data begin with the Ethernet header, not behind it. */
  readonly l2: boolean;
  /** data_end and data_meta are set before the program runs; otherwise they are NULL. */
  readonly direct: boolean;
}

/** Gives the dummy socket the packet's addresses; false when the IP header is cut. */
function fillSock(arena: Arena, sock: number, skb: number, proto: number): boolean {
  const l3 = skbField(arena, skb, 'data');
  const len = skbHeadlen(arena, skb);
  if (proto === ETH_P_IP) {
    setSockField(arena, sock, 'skc_family', AF_INET);
    if (len < 20) return false;
    setSockField(arena, sock, 'skc_rcv_saddr', arena.getU32(l3 + 12));
    setSockField(arena, sock, 'skc_daddr', arena.getU32(l3 + 16));
  } else if (proto === ETH_P_IPV6) {
    setSockField(arena, sock, 'skc_family', AF_INET6);
    if (len < 40) return false;
    arena.copy(sock + offsetOf('sock_common', 'skc_v6_rcv_saddr'), l3 + 8, 16);
    arena.copy(sock + offsetOf('sock_common', 'skc_v6_daddr'), l3 + 24, 16);
  }
  return true;
}

/** Leaves data_meta and data_end NULL, as where bpf_compute_data_pointers is not called: nothing lies before them. */
function clearDataPointers(arena: Arena, skb: number): void {
  for (const name of ['data_meta', 'data_end'] as const) {
    arena.setU64(skb + offsetOf('sk_buff', 'cb') + offsetOf('bpf_skb_data_end', name), 0, 0);
  }
  const data = skbField(arena, skb, 'data');
  arena.setWindow(data, data, data);
}

/** Sum from the network header to the end, as skb->csum holds it. @kernel skb_checksum */
function l3Sum(arena: Arena, skb: number): number {
  const from = skbHeader(arena, skb, 'network_header');
  const to = skbField(arena, skb, 'data') + skbField(arena, skb, 'len');
  return csumPartial(arena, from, Math.max(0, to - from), 0);
}

/** Puts a zeroed Ethernet header before a packet that the program saw without one. 0 or a positive errno. */
function pushEthernet(arena: Arena, skb: number): number {
  const missing = ETH_HLEN - skbHeadroom(arena, skb);
  if (missing > 0 && pskbExpandHead(arena, skb, Math.ceil(missing / 16) * 16, 0) < 0) return ERRNO.ENOMEM;
  skbPush(arena, skb, ETH_HLEN);
  arena.fill(skbField(arena, skb, 'data'), 0, ETH_HLEN);
  return 0;
}

/**
 * Sets up the skb of a test run: Ethernet frame in, device and socket around it, context fields converted.
 * @kernel bpf_prog_test_run_skb
 */
function skbTestRun({ l2, direct }: SkbKind): PrepareRun {
  return (kernel, _prog, input) => {
    const { arena } = kernel;
    const checksum = (input.flags ?? 0) !== 0;
    if (foreignOptions(input, BPF_F_TEST_SKB_CHECKSUM_COMPLETE)) return { errno: ERRNO.EINVAL };
    const data = input.data ?? new Uint8Array();
    if (data.length < ETH_HLEN || data.length > MAX_SKB_DATA) return { errno: ERRNO.EINVAL };
    const ctx = bpfCtxInit(input, SKB_CTX_SIZE);
    if (typeof ctx === 'number') return { errno: ctx };
    const ifindex = Math.max(LOOPBACK_IFINDEX, ctx ? ctxIfindex(ctx) : 0);
    if (!deviceByIndex(kernel.world.net, ifindex)) return { errno: ERRNO.ENODEV };
    const parts = newParts(arena);
    const dev = deviceObject(kernel, ifindex);
    const own = input.sock !== undefined;
    const sock = input.sock ?? parts.take(allocSock(arena), (made) => freeOwner(kernel, made));
    // A socket's own view stays with it.
    if (own && sock !== 0) sockView(arena, sock, 'bpf_sock');
    else if (sock !== 0) parts.take(allocSockView(arena, sock));
    const skb = buildSkb(arena, parts, data);
    const refuse = (errno: number): { errno: number } => {
      parts.free();
      return { errno };
    };
    if (dev === 0 || parts.failed()) return refuse(ERRNO.ENOMEM);
    setSkbField(arena, skb, 'sk', sock);
    const proto = ethTypeTrans(arena, skb, dev);
    skbSetHeader(arena, skb, 'network_header');
    const whole = own || fillSock(arena, sock, skb, proto);
    if (l2) skbPush(arena, skb, ETH_HLEN);
    if (direct) bpfComputeDataPointers(arena, skb);
    else clearDataPointers(arena, skb);
    const converted = ctx ? convertToSkb(arena, skb, ctx) : 0;
    if (!whole || converted !== 0) return refuse(whole ? converted : ERRNO.EINVAL);
    if (checksum) {
      setSkbField(arena, skb, 'csum', l3Sum(arena, skb));
      setSkbField(arena, skb, 'ip_summed', CHECKSUM.complete);
    }
    const finish = (retval: number): TestRunOutput => {
      const errno = l2 ? 0 : pushEthernet(arena, skb);
      if (errno !== 0) return { errno, retval: 0 };
      if (checksum && csumFold(skbField(arena, skb, 'csum')) !== csumFold(l3Sum(arena, skb))) {
        return { errno: ERRNO.EBADMSG, retval: 0 };
      }
      if (ctx) convertFromSkb(arena, skb, ctx);
      const bytes = arena.bytes(skbField(arena, skb, 'data'), skbField(arena, skb, 'len'));
      return bpfCtxFinish(input, bpfTestFinish(input, bytes, retval), ctx);
    };
    const packets = skbPackets(arena, () => bpfComputeDataPointers(arena, skb));
    return { ctx: { object: skb }, packets, repeat: runsOf(input), finish, free: parts.free };
  };
}

/** tc: the packet from its Ethernet header on. */
export const tcTestRun = skbTestRun({ l2: true, direct: true });
/** Lightweight tunnels: the packet from its network header on. */
export const lwtTestRun = skbTestRun({ l2: false, direct: true });
/** Filters: the packet from its network header on, no direct access. */
export const filterTestRun = skbTestRun({ l2: false, direct: false });
