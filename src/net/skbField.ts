/** Reads and writes single fields of kernel objects in linear memory, where the profile's layouts say that they lie. */
import type { Arena } from '../mem/arena.ts';
import type { MemberLayout, MemberName } from '../spec/layouts.ts';
import { LAYOUTS } from '../spec/layouts.ts';

function read(arena: Arena, base: number, place: MemberLayout): number {
  const at = base + place[0];
  if (place.length === 4) return (arena.u8[at]! >>> (place[2] & 7)) & ((1 << place[3]) - 1);
  if (place[1] === 1) return arena.u8[at]!;
  return place[1] === 2 ? arena.getU16(at) : arena.getU32(at);
}

function write(arena: Arena, base: number, place: MemberLayout, value: number): void {
  const at = base + place[0];
  if (place.length === 4) {
    const shift = place[2] & 7;
    const mask = ((1 << place[3]) - 1) << shift;
    arena.setU8(at, (arena.u8[at]! & ~mask) | ((value << shift) & mask));
  } else if (place[1] === 8) arena.setU64(at, value, 0);
  else if (place[1] === 4) arena.setU32(at, value);
  else if (place[1] === 2) arena.setU16(at, value);
  else arena.setU8(at, value);
}

type SkbMember = MemberName<'sk_buff'>;
type ShinfoMember = MemberName<'skb_shared_info'>;
type XdpMember = MemberName<'xdp_buff'>;
type RxqMember = MemberName<'xdp_rxq_info'>;
type DeviceMember = MemberName<'net_device'>;
type CommonMember = MemberName<'sock_common'>;
type SockMember = CommonMember | MemberName<'sock'>;

const SHINFO = LAYOUTS.skb_shared_info.members;
const SOCK: Readonly<Record<SockMember, MemberLayout>> = { ...LAYOUTS.sock_common.members, ...LAYOUTS.sock.members };

/**
 * A scalar or pointer field of a sk_buff, unsigned (of 64 bits the low half); fields in network order (`protocol`) as a
 * little-endian load gives them.
 */
export function skbField(arena: Arena, skb: number, name: SkbMember): number {
  return read(arena, skb, LAYOUTS.sk_buff.members[name]);
}

/** Writes what `skbField` reads; of 64-bit fields the low half, the upper one becomes 0. */
export function setSkbField(arena: Arena, skb: number, name: SkbMember, value: number): void {
  write(arena, skb, LAYOUTS.sk_buff.members[name], value);
}

/** Address of the skb_shared_info behind the buffer. @kernel skb_shinfo */
export function skbShinfo(arena: Arena, skb: number): number {
  return skbField(arena, skb, 'head') + skbField(arena, skb, 'end');
}

/** A field of the skb_shared_info of a sk_buff, as `skbField` gives them. */
export function shinfoField(arena: Arena, skb: number, name: ShinfoMember): number {
  return read(arena, skbShinfo(arena, skb), SHINFO[name]);
}

/** Writes a field of the skb_shared_info of a sk_buff. */
export function setShinfoField(arena: Arena, skb: number, name: ShinfoMember, value: number): void {
  write(arena, skbShinfo(arena, skb), SHINFO[name], value);
}

/** A field of a xdp_buff, as `skbField` gives them. */
export function xdpField(arena: Arena, xdp: number, name: XdpMember): number {
  return read(arena, xdp, LAYOUTS.xdp_buff.members[name]);
}

/** Writes a field of a xdp_buff. */
export function setXdpField(arena: Arena, xdp: number, name: XdpMember, value: number): void {
  write(arena, xdp, LAYOUTS.xdp_buff.members[name], value);
}

/** A field of a xdp_rxq_info. */
export function rxqField(arena: Arena, rxq: number, name: RxqMember): number {
  return read(arena, rxq, LAYOUTS.xdp_rxq_info.members[name]);
}

/** Writes a field of a xdp_rxq_info. */
export function setRxqField(arena: Arena, rxq: number, name: RxqMember, value: number): void {
  write(arena, rxq, LAYOUTS.xdp_rxq_info.members[name], value);
}

/** A field of a net_device. */
export function deviceField(arena: Arena, dev: number, name: DeviceMember): number {
  return read(arena, dev, LAYOUTS.net_device.members[name]);
}

/** Writes a field of a net_device. */
export function setDeviceField(arena: Arena, dev: number, name: DeviceMember, value: number): void {
  write(arena, dev, LAYOUTS.net_device.members[name], value);
}

/** Writes a field of a sock or of the sock_common at its beginning. */
export function setSockField(arena: Arena, sk: number, name: SockMember, value: number): void {
  write(arena, sk, SOCK[name], value);
}

/** A scalar member of any kernel struct, as `skbField` gives them. */
export { read as readMember, write as writeMember };
