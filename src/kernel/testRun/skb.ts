/** BPF_PROG_TEST_RUN of programs whose context is a socket buffer. */
import type { Arena } from '../../mem/arena.ts';
import { allocLoopback, allocSock, LOOPBACK_IFINDEX, setSockField } from '../../net/netDevice.ts';
import {
  allocSkb,
  bpfComputeDataPointers,
  CHECKSUM,
  freeSkb,
  setShinfoField,
  setSkbField,
  shinfoField,
  skbField,
  skbHeader,
  skbHeadlen,
  skbPull,
  skbPush,
  skbSetHeader,
} from '../../net/skb.ts';
import { csumFold, csumPartial } from '../../net/skbCsum.ts';
import { UAPI } from '../../spec/constants.ts';
import { CONTEXTS } from '../../spec/ctx/index.ts';
import { ERRNO } from '../../spec/errno.ts';
import { LAYOUTS, offsetOf } from '../../spec/layouts.ts';
import { swap16 } from '../../util/bits.ts';
import { allocSockView } from '../../vm/ctxView.ts';
import type { PrepareRun } from './prepare.ts';
import { bpfCtxInit, clampOut, type TestRunOutput } from './uarg.ts';

const {
  AF_INET,
  AF_INET6,
  BPF_F_TEST_SKB_CHECKSUM_COMPLETE,
  ETH_HLEN,
  ETH_P_802_2,
  ETH_P_802_3,
  ETH_P_802_3_MIN,
  ETH_P_IP,
  ETH_P_IPV6,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
} = UAPI;
const PAGE = 4096;
const NET_SKB_PAD = 64;
const CACHE_LINE = 64;
const SHINFO = Math.ceil(LAYOUTS.skb_shared_info.size / CACHE_LINE) * CACHE_LINE;
const GSO_MAX_SEGS = 65535;
const GSO_LEGACY_MAX_SIZE = 65536;
const PKT_LEN = offsetOf('sk_buff', 'cb') + offsetOf('qdisc_skb_cb', 'pkt_len');
const CB_DATA = offsetOf('sk_buff', 'cb') + offsetOf('qdisc_skb_cb', 'data');
const KMALLOC = [64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192] as const;

const FIELDS = CONTEXTS.__sk_buff!.fields;
/** Context fields that user space may set. */
const SETTABLE = [
  'mark',
  'priority',
  'ingress_ifindex',
  'ifindex',
  'cb',
  'tstamp',
  'wire_len',
  'gso_segs',
  'gso_size',
  'hwtstamp',
] as const;
type Settable = (typeof SETTABLE)[number];

const CTX_SIZE = CONTEXTS.__sk_buff!.size;
/** 1 for each byte of the context that belongs to a settable field. */
const SETTABLE_BYTES = new Uint8Array(CTX_SIZE);
for (const name of SETTABLE) {
  const field = FIELDS[name]!;
  SETTABLE_BYTES.fill(1, field.offset, field.offset + field.size * (field.count ?? 1));
}

function ctxView(ctx: Uint8Array): { get(name: Settable): number; set(name: Settable, value: number): void } {
  const view = new DataView(ctx.buffer, ctx.byteOffset, ctx.byteLength);
  return {
    get: (name) => view.getUint32(FIELDS[name]!.offset, true),
    set: (name, value) => view.setUint32(FIELDS[name]!.offset, value, true),
  };
}

/** Where the linear buffer ends: kmalloc gives the next of its sizes, and all of it is used. @kernel slab_build_skb */
function bufferEnd(size: number): number {
  const wanted = Math.ceil(size / CACHE_LINE) * CACHE_LINE + NET_SKB_PAD + SHINFO;
  return (KMALLOC.find((k) => k >= wanted) ?? wanted) - SHINFO;
}

/** Classifies the frame by its destination address and pulls the Ethernet header. @kernel eth_type_trans */
function ethTypeTrans(arena: Arena, skb: number): number {
  const data = skbField(arena, skb, 'data');
  const bytes = arena.bytes(data, ETH_HLEN + 2);
  skbSetHeader(arena, skb, 'mac_header');
  skbPull(arena, skb, ETH_HLEN);
  const dest = bytes.subarray(0, 6);
  // The loopback's own address and its broadcast address are all zeros.
  if (dest.some((b) => b !== 0)) {
    setSkbField(arena, skb, 'pkt_type', (dest[0]! & 1) !== 0 ? PACKET_MULTICAST : PACKET_OTHERHOST);
  }
  const proto = (bytes[12]! << 8) | bytes[13]!;
  if (proto >= ETH_P_802_3_MIN) return proto;
  const rest = skbField(arena, skb, 'len');
  return rest >= 2 && bytes[14] === 0xff && bytes[15] === 0xff ? ETH_P_802_3 : ETH_P_802_2;
}

/** Copies the settable context fields into the skb, or says why not. @kernel convert___skb_to_skb */
function convertToSkb(arena: Arena, skb: number, ctx: Uint8Array): number {
  if (ctx.some((byte, i) => byte !== 0 && SETTABLE_BYTES[i] === 0)) return ERRNO.EINVAL;
  const { get } = ctxView(ctx);
  setSkbField(arena, skb, 'mark', get('mark'));
  setSkbField(arena, skb, 'priority', get('priority'));
  setSkbField(arena, skb, 'skb_iif', get('ingress_ifindex'));
  arena.put(skb + offsetOf('sk_buff', 'tstamp'), ctx.subarray(FIELDS.tstamp!.offset, FIELDS.tstamp!.offset + 8));
  arena.put(skb + CB_DATA, ctx.subarray(FIELDS.cb!.offset, FIELDS.cb!.offset + 20));
  const len = skbField(arena, skb, 'len');
  const wireLen = get('wire_len');
  if (wireLen !== 0 && (wireLen < len || wireLen > GSO_LEGACY_MAX_SIZE)) return ERRNO.EINVAL;
  arena.setU32(skb + PKT_LEN, wireLen === 0 ? len : wireLen);
  if (get('gso_segs') > GSO_MAX_SEGS) return ERRNO.EINVAL;
  setShinfoField(arena, skb, 'gso_segs', get('gso_segs'));
  setShinfoField(arena, skb, 'gso_size', get('gso_size'));
  const { offset } = FIELDS.hwtstamp!;
  arena.put(skbShinfoHwtstamps(arena, skb), ctx.subarray(offset, offset + 8));
  return 0;
}

function skbShinfoHwtstamps(arena: Arena, skb: number): number {
  return skbField(arena, skb, 'head') + skbField(arena, skb, 'end') + offsetOf('skb_shared_info', 'hwtstamps');
}

/** Writes the fields that user space gets back. @kernel convert_skb_to___skb */
function convertFromSkb(arena: Arena, skb: number, ctx: Uint8Array): void {
  const { set } = ctxView(ctx);
  set('mark', skbField(arena, skb, 'mark'));
  set('priority', skbField(arena, skb, 'priority'));
  set('ingress_ifindex', skbField(arena, skb, 'skb_iif'));
  set('ifindex', arena.getU32(skbField(arena, skb, 'dev') + offsetOf('net_device', 'ifindex')));
  ctx.set(arena.bytes(skb + offsetOf('sk_buff', 'tstamp'), 8), FIELDS.tstamp!.offset);
  ctx.set(arena.bytes(skb + CB_DATA, 20), FIELDS.cb!.offset);
  set('wire_len', arena.getU32(skb + PKT_LEN));
  set('gso_segs', shinfoField(arena, skb, 'gso_segs'));
  ctx.set(arena.bytes(skbShinfoHwtstamps(arena, skb), 8), FIELDS.hwtstamp!.offset);
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

/**
 * Sets up the skb of a test run: Ethernet frame in, device and socket around it, context fields converted.
 * @kernel bpf_prog_test_run_skb
 */
export const skbTestRun: PrepareRun = (kernel, _prog, input) => {
  const { arena } = kernel;
  const flags = input.flags ?? 0;
  if ((flags & ~BPF_F_TEST_SKB_CHECKSUM_COMPLETE) !== 0 || input.cpu || input.batchSize) return { errno: ERRNO.EINVAL };
  const data = input.data ?? new Uint8Array();
  const size = data.length;
  if (size < ETH_HLEN || size > PAGE - NET_SKB_PAD - SHINFO) return { errno: ERRNO.EINVAL };
  const ctx = bpfCtxInit(input.ctx, CTX_SIZE);
  if (typeof ctx === 'number') return { errno: ctx };
  if (ctxView(ctx).get('ifindex') > LOOPBACK_IFINDEX) return { errno: ERRNO.ENODEV };
  const end = bufferEnd(size);
  const made = allocSkb(arena, { headroom: NET_SKB_PAD, size, tailroom: end - NET_SKB_PAD - size });
  const dev = allocLoopback(arena);
  const sock = allocSock(arena);
  const view = sock.ok ? allocSockView(arena, sock.value) : sock;
  if (!made.ok || !dev.ok || !sock.ok || !view.ok) {
    if (made.ok) freeSkb(arena, made.value);
    for (const part of [dev, sock, ...(sock.ok ? [view] : [])]) if (part.ok) arena.free(part.value);
    return { errno: ERRNO.ENOMEM };
  }
  const skb = made.value;
  const free = (): void => {
    freeSkb(arena, skb);
    for (const part of [view.value, sock.value, dev.value]) arena.free(part);
  };
  arena.put(skbField(arena, skb, 'data'), data);
  setSkbField(arena, skb, 'sk', sock.value);
  setSkbField(arena, skb, 'dev', dev.value);
  const proto = ethTypeTrans(arena, skb);
  setSkbField(arena, skb, 'protocol', swap16(proto));
  skbSetHeader(arena, skb, 'network_header');
  const whole = fillSock(arena, sock.value, skb, proto);
  skbPush(arena, skb, ETH_HLEN);
  bpfComputeDataPointers(arena, skb);
  const converted = input.ctx ? convertToSkb(arena, skb, ctx) : 0;
  const errno = whole ? converted : ERRNO.EINVAL;
  if (errno !== 0) {
    free();
    return { errno };
  }
  if (flags !== 0) {
    setSkbField(arena, skb, 'csum', l3Sum(arena, skb));
    setSkbField(arena, skb, 'ip_summed', CHECKSUM.complete);
  }
  const finish = (retval: number): TestRunOutput => {
    if (flags !== 0 && csumFold(skbField(arena, skb, 'csum')) !== csumFold(l3Sum(arena, skb))) {
      return { errno: ERRNO.EBADMSG, retval: 0 };
    }
    const out = clampOut(arena.bytes(skbField(arena, skb, 'data'), skbField(arena, skb, 'len')), input.outSize);
    if (out.errno !== 0 || !input.ctx) return { errno: out.errno, retval, dataOut: out.bytes };
    convertFromSkb(arena, skb, ctx);
    const ctxOut = clampOut(ctx, input.ctxOutSize);
    return { errno: ctxOut.errno, retval, dataOut: out.bytes, ctxOut: ctxOut.bytes };
  };
  const packets = {
    moved: () => bpfComputeDataPointers(arena, skb),
    load: (object: number, offset: number, bytes: number) => loadBigEndian(arena, object, offset, bytes),
  };
  return { object: skb, packets, finish, free };
};

/** Sum from the network header to the end, as skb->csum holds it. @kernel skb_checksum */
function l3Sum(arena: Arena, skb: number): number {
  const from = skbHeader(arena, skb, 'network_header');
  const to = skbField(arena, skb, 'data') + skbField(arena, skb, 'len');
  return csumPartial(arena, from, Math.max(0, to - from), 0);
}

const SKF_NET_OFF = -0x100000;
const SKF_LL_OFF = -0x200000;

/** LD_ABS and LD_IND: a big-endian load from the packet, or -1 past its end. @kernel bpf_skb_load_helper_32 */
function loadBigEndian(arena: Arena, skb: number, offset: number, size: number): number {
  const head = skbField(arena, skb, 'head');
  const tail = head + skbField(arena, skb, 'tail');
  let at = skbField(arena, skb, 'data') + offset;
  if (offset < 0) {
    if (offset >= SKF_NET_OFF) at = head + skbField(arena, skb, 'network_header') + offset - SKF_NET_OFF;
    else if (offset >= SKF_LL_OFF) at = head + skbField(arena, skb, 'mac_header') + offset - SKF_LL_OFF;
    else return -1;
  }
  if (at < head || at + size > tail) return -1;
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + arena.u8[at + i]!;
  return value;
}
