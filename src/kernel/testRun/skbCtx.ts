/** struct __sk_buff of a test run: what of it becomes the socket buffer's, and what comes back. */
import type { Arena } from '../../mem/arena.ts';
import { setShinfoField, setSkbField, shinfoField, skbField } from '../../net/skb.ts';
import { CONTEXTS } from '../../spec/ctx/index.ts';
import { ERRNO } from '../../spec/errno.ts';
import { offsetOf } from '../../spec/layouts.ts';

const GSO_MAX_SEGS = 65535;
const GSO_LEGACY_MAX_SIZE = 65536;
const TSTAMP = offsetOf('sk_buff', 'tstamp');
const PKT_LEN = offsetOf('sk_buff', 'cb') + offsetOf('qdisc_skb_cb', 'pkt_len');
const CB_DATA = offsetOf('sk_buff', 'cb') + offsetOf('qdisc_skb_cb', 'data');
const CB_SIZE = 20;

const { fields: FIELDS, size } = CONTEXTS.__sk_buff!;
export const SKB_CTX_SIZE = size;

/** Fields of __sk_buff that user space may set. */
export const SKB_SETTABLE = [
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
type Settable = (typeof SKB_SETTABLE)[number];

/** 1 for each byte of the context that belongs to a settable field. */
const SETTABLE_BYTES = new Uint8Array(SKB_CTX_SIZE);
for (const name of SKB_SETTABLE) {
  const field = FIELDS[name]!;
  SETTABLE_BYTES.fill(1, field.offset, field.offset + field.size * (field.count ?? 1));
}

function view(ctx: Uint8Array): DataView {
  return new DataView(ctx.buffer, ctx.byteOffset, ctx.byteLength);
}

function get(ctx: Uint8Array, name: Settable): number {
  return view(ctx).getUint32(FIELDS[name]!.offset, true);
}

function set(ctx: Uint8Array, name: Settable, value: number): void {
  view(ctx).setUint32(FIELDS[name]!.offset, value, true);
}

/** The device that a context names, 0 for none. */
export function ctxIfindex(ctx: Uint8Array): number {
  return get(ctx, 'ifindex');
}

function hwtstamps(arena: Arena, skb: number): number {
  return skbField(arena, skb, 'head') + skbField(arena, skb, 'end') + offsetOf('skb_shared_info', 'hwtstamps');
}

/** Copies the settable context fields into the skb: 0, or the errno of a field that may not be so. @kernel convert___skb_to_skb */
export function convertToSkb(arena: Arena, skb: number, ctx: Uint8Array): number {
  if (ctx.some((byte, i) => byte !== 0 && SETTABLE_BYTES[i] === 0)) return ERRNO.EINVAL;
  setSkbField(arena, skb, 'mark', get(ctx, 'mark'));
  setSkbField(arena, skb, 'priority', get(ctx, 'priority'));
  setSkbField(arena, skb, 'skb_iif', get(ctx, 'ingress_ifindex'));
  arena.put(skb + TSTAMP, ctx.subarray(FIELDS.tstamp!.offset, FIELDS.tstamp!.offset + 8));
  arena.put(skb + CB_DATA, ctx.subarray(FIELDS.cb!.offset, FIELDS.cb!.offset + CB_SIZE));
  const len = skbField(arena, skb, 'len');
  const wireLen = get(ctx, 'wire_len');
  if (wireLen !== 0 && (wireLen < len || wireLen > GSO_LEGACY_MAX_SIZE)) return ERRNO.EINVAL;
  arena.setU32(skb + PKT_LEN, wireLen === 0 ? len : wireLen);
  if (get(ctx, 'gso_segs') > GSO_MAX_SEGS) return ERRNO.EINVAL;
  setShinfoField(arena, skb, 'gso_segs', get(ctx, 'gso_segs'));
  setShinfoField(arena, skb, 'gso_size', get(ctx, 'gso_size'));
  const { offset } = FIELDS.hwtstamp!;
  arena.put(hwtstamps(arena, skb), ctx.subarray(offset, offset + 8));
  return 0;
}

/** Writes the fields that user space gets back. @kernel convert_skb_to___skb */
export function convertFromSkb(arena: Arena, skb: number, ctx: Uint8Array): void {
  set(ctx, 'mark', skbField(arena, skb, 'mark'));
  set(ctx, 'priority', skbField(arena, skb, 'priority'));
  set(ctx, 'ingress_ifindex', skbField(arena, skb, 'skb_iif'));
  set(ctx, 'ifindex', arena.getU32(skbField(arena, skb, 'dev') + offsetOf('net_device', 'ifindex')));
  ctx.set(arena.bytes(skb + TSTAMP, 8), FIELDS.tstamp!.offset);
  ctx.set(arena.bytes(skb + CB_DATA, CB_SIZE), FIELDS.cb!.offset);
  set(ctx, 'wire_len', arena.getU32(skb + PKT_LEN));
  set(ctx, 'gso_segs', shinfoField(arena, skb, 'gso_segs'));
  ctx.set(arena.bytes(hwtstamps(arena, skb), 8), FIELDS.hwtstamp!.offset);
}
