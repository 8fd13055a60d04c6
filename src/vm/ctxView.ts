/**
 * Context views: a load or store at a context pointer runs the row of the field, which says what kernel member it
 * stands for. The view is a region without bytes of its own; its owner is the kernel object.
 * @kernel bpf_convert_ctx_access
 */
import type { Arena } from '../mem/arena.ts';
import { CONTEXTS } from '../spec/ctx/index.ts';
import type { CtxAccess, CtxField, CtxSource } from '../spec/ctx/row.ts';
import { LAYOUTS, memberLayout, offsetOf } from '../spec/layouts.ts';
import type { Result } from '../util/problem.ts';

/** Room for a 64-bit value; results of context loads go here. */
export interface Pair {
  lo: number;
  hi: number;
}

/** Who runs: what its context is, and the name by which the access rules of a field know it. */
export interface CtxUser {
  readonly ctxStruct: string;
  readonly progType: string;
}

/** Structs that views other than the program's context show, by the tag of the view's region. */
export const VIEW_STRUCTS = ['', 'bpf_sock', 'bpf_tcp_sock'] as const;
type ViewStruct = (typeof VIEW_STRUCTS)[number];

/** Where in the pages of a socket's bpf_sock view the address of its bpf_tcp_sock view lies; programs do not reach it. */
const TCP_VIEW = 2048;

function allocView(arena: Arena, object: number, struct: ViewStruct): Result<number> {
  const tag = VIEW_STRUCTS.indexOf(struct);
  return arena.alloc({ kind: 'ctx', size: ctxViewSize(struct), owner: object, tag });
}

/** Makes the view of a kernel socket through which programs see it; each is the other's owner. */
export function allocSockView(arena: Arena, sock: number): Result<number> {
  const view = allocView(arena, sock, 'bpf_sock');
  if (view.ok) arena.setOwner(sock, view.value);
  return view;
}

/** A view of a kernel socket, made when it is first asked for; 0 without memory. */
export function sockView(arena: Arena, sock: number, struct: 'bpf_sock' | 'bpf_tcp_sock'): number {
  if (arena.ownerAt(sock) === 0) allocSockView(arena, sock);
  const view = arena.ownerAt(sock);
  if (struct === 'bpf_sock' || view === 0) return view;
  if (arena.getU32(view + TCP_VIEW) === 0) {
    const made = allocView(arena, sock, struct);
    if (made.ok) arena.setU32(view + TCP_VIEW, made.value);
  }
  return arena.getU32(view + TCP_VIEW);
}

/** Frees the views of a kernel socket. */
export function freeSockViews(arena: Arena, sock: number): void {
  const view = arena.ownerAt(sock);
  if (view === 0) return;
  const tcp = arena.getU32(view + TCP_VIEW);
  if (tcp !== 0) arena.free(tcp);
  arena.free(view);
  arena.setOwner(sock, 0);
}

export interface Place {
  readonly field: CtxField;
  /** Offset of the access in the field or array element, bytes. */
  readonly inner: number;
  /** Element of an array. */
  readonly element: number;
}

/** Bytes of the context struct that a view stands for. */
export function ctxViewSize(struct: string): number {
  return CONTEXTS[struct]?.size ?? 8;
}

/** The place of each byte of a struct, filled when the struct is first accessed. */
const PLACES = new Map<string, readonly (Place | undefined)[]>();

function placesOf(struct: string): readonly (Place | undefined)[] {
  const known = PLACES.get(struct);
  if (known) return known;
  const places = new Array<Place | undefined>(ctxViewSize(struct)).fill(undefined);
  for (const field of Object.values(CONTEXTS[struct]?.fields ?? {})) {
    for (let i = 0; i < field.size * (field.count ?? 1); i++) {
      places[field.offset + i] = { field, inner: i % field.size, element: Math.floor(i / field.size) };
    }
  }
  PLACES.set(struct, places);
  return places;
}

/** The field that holds bytes `off` to `off + size`, or undefined when no single field or element does. */
function placeOf(struct: string, off: number, size: number): Place | undefined {
  const place = placesOf(struct)[off];
  return place && place.inner + size <= place.field.size ? place : undefined;
}

/** A field of 2 bytes that 4 may be read from. */
function paddedPlace(struct: string, off: number, size: number): Place | undefined {
  const place = size === 4 ? placeOf(struct, off, 2) : undefined;
  return place?.field.padded && place.inner === 0 ? place : undefined;
}

function allowed(access: CtxAccess | undefined, progType: string): boolean {
  return access !== undefined && (access === 'all' || access.some((a) => a.split('/')[0] === progType));
}

/** Address of the member behind a field; 0 where a pointer on the way is NULL or the guard says that there is none. */
export function reach(arena: Arena, object: number, source: CtxSource): number {
  if (source.guard !== undefined && arena.u8[object + memberLayout(source.guard)[0]] === 0) return 0;
  let at = object;
  source.path.forEach((step, i) => {
    if (at === 0) return;
    if (step === 'shinfo') {
      at = arena.getU32(at + offsetOf('sk_buff', 'head')) + arena.getU32(at + offsetOf('sk_buff', 'end'));
      return;
    }
    const member = step.reduce((sum, path) => sum + memberLayout(path)[0], at);
    // All steps but the last are pointers to follow; behind `shinfo` there is none to follow.
    at = i === source.path.length - 1 ? member : arena.getU32(member);
  });
  return at;
}

/** Bytes of the member behind a field. */
export function memberSize(source: CtxSource): number {
  const last = source.path.at(-1);
  const path = last === 'shinfo' || last === undefined ? undefined : last.at(-1);
  return source.bytes ?? (path ? Math.max(1, memberLayout(path)[1]) : 4);
}

function readBytes(arena: Arena, at: number, size: number, out: Pair): void {
  out.hi = 0;
  if (size === 8) {
    out.lo = arena.getU32(at) | 0;
    out.hi = arena.getU32(at + 4) | 0;
  } else if (size === 4) out.lo = arena.getU32(at) | 0;
  else out.lo = size === 2 ? arena.getU16(at) : arena.u8[at]!;
}

/** Writes 1, 2, 4 or 8 bytes. */
export function writeBytes(arena: Arena, at: number, size: number, lo: number, hi: number): void {
  if (size === 8) arena.setU64(at, lo, hi);
  else if (size === 4) arena.setU32(at, lo);
  else if (size === 2) arena.setU16(at, lo);
  else arena.setU8(at, lo);
}

/** Conversions that answer 0 where the member cannot be reached. */
const NULL_READS: ReadonlySet<string> = new Set(['zero-if-null', 'pointer']);

function unreachable(source: CtxSource): boolean {
  return source.guard === undefined && !NULL_READS.has(source.how ?? 'plain');
}

/** What the conversion makes of the member's value. */
function convert(arena: Arena, object: number, source: CtxSource, out: Pair): void {
  switch (source.how) {
    case 'mask':
      out.lo &= source.mask!;
      return;
    case 'nonzero':
      out.lo = (out.lo | out.hi) === 0 ? 0 : 1;
      out.hi = 0;
      return;
    case 'zero-below':
      if (out.hi === 0 && out.lo >>> 0 < source.limit!) out.lo = 0;
      return;
    case 'minus-one-at':
      if (out.lo >>> 0 === source.limit!) out.lo = -1;
      return;
    case 'shift-left-16':
      out.lo <<= 16;
      return;
    case 'linear-end':
      out.lo +=
        arena.getU32(object + offsetOf('sk_buff', 'len')) - arena.getU32(object + offsetOf('sk_buff', 'data_len'));
      return;
    default:
  }
}

/** The full value of a field, before a narrow load cuts its part out; false where it lies behind a NULL pointer. */
export function readField(arena: Arena, object: number, source: CtxSource, place: Place, out: Pair): boolean {
  const { field, element } = place;
  const base = reach(arena, object, source);
  if (base === 0) {
    out.lo = 0;
    out.hi = 0;
    return !unreachable(source);
  }
  const pointer = field.size === 4 && (source.how === 'pointer' || source.how === 'linear-end');
  const size = field.count === undefined ? Math.min(memberSize(source), pointer ? 4 : 8) : field.size;
  readBytes(arena, base + element * field.size, size, out);
  convert(arena, object, source, out);
  return true;
}

/** Cuts bytes `inner` to `inner + size` out of a value. */
function narrow(out: Pair, inner: number, size: number): void {
  if (size === 8) return;
  const word = (inner >= 4 ? out.hi : out.lo) >>> (8 * (inner & 3));
  out.lo = size === 4 ? word | 0 : word & (size === 2 ? 0xffff : 0xff);
  out.hi = 0;
}

interface Access {
  readonly object: number;
  readonly place: Place;
  /** Views of sockets that helpers returned may be read by every program, and written by none. */
  readonly viaPointer: boolean;
}

/** What an address in a view stands for; an 8-byte access to a wide array begins at its first element. */
function accessAt(arena: Arena, user: CtxUser, address: number, size: number): Access | undefined {
  const region = arena.region(address);
  if (!region) return undefined;
  const struct = VIEW_STRUCTS[region.tag] || user.ctxStruct;
  const off = address - region.lo;
  const place = placeOf(struct, off, size) ?? (size === 8 ? placeOf(struct, off, 4) : paddedPlace(struct, off, size));
  if (!place || (size === 8 && place.field.size === 4 && (!place.field.wide || off % 8 !== 0))) return undefined;
  return { object: region.owner, place, viaPointer: region.tag !== 0 };
}

/** Reads a context at an address of its view into `out`; false when no readable field lies there. */
export function ctxLoad(arena: Arena, user: CtxUser, address: number, size: number, out: Pair): boolean {
  const access = accessAt(arena, user, address, size);
  if (!access) return false;
  const { object, place, viaPointer } = access;
  const source = place.field.fromBy?.[user.progType] ?? place.field.from;
  if (!source || !(viaPointer || allowed(place.field.read, user.progType))) return false;
  if (!readField(arena, object, source, place, out)) return false;
  if (size === 8 && place.field.size === 4) {
    const { lo } = out;
    readField(arena, object, source, { ...place, element: place.element + 1 }, out);
    out.hi = out.lo;
    out.lo = lo;
  }
  // A socket is seen through its view, which the kernel object's region names.
  if (place.field.type === 'struct bpf_sock *' && out.lo !== 0) out.lo = arena.ownerAt(out.lo >>> 0);
  // The kernel cuts only what is narrower than the member it loads: any byte of pkt_type reads the whole.
  const whole = source.how === 'minus-one-at' ? place.field.size : memberSize(source);
  if (size < whole) narrow(out, place.inner, size);
  return true;
}

/** Writes a context at an address of its view; false when no writable field lies there. */
export function ctxStore(arena: Arena, user: CtxUser, address: number, size: number, lo: number, hi: number): boolean {
  const access = accessAt(arena, user, address, size);
  if (!access) return false;
  const { object, place, viaPointer } = access;
  const { field } = place;
  const source = field.to ?? field.fromBy?.[user.progType] ?? field.from;
  if (!source || viaPointer || !allowed(field.write, user.progType)) return false;
  const at = reach(arena, object, source);
  if (at === 0) return !unreachable(source);
  if (source.how === 'below-limit') {
    if (lo >>> 0 < source.limit!) arena.setU16(at, lo);
    return true;
  }
  const bytes = field.count === undefined ? Math.min(memberSize(source), size) : size;
  writeBytes(arena, at + place.element * field.size + place.inner, bytes, lo, hi);
  if (source.how === 'tstamp') clearTstampType(arena, object);
  return true;
}

/** At tc ingress a time that is set is a receive time. */
function clearTstampType(arena: Arena, skb: number): void {
  const ingress = LAYOUTS.sk_buff.members.tc_at_ingress;
  if ((arena.u8[skb + ingress[0]]! & (1 << (ingress[2] & 7))) === 0) return;
  const place = LAYOUTS.sk_buff.members.tstamp_type;
  const mask = ((1 << place[3]) - 1) << (place[2] & 7);
  arena.setU8(skb + place[0], arena.u8[skb + place[0]]! & ~mask);
}
