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
interface Pair {
  lo: number;
  hi: number;
}

/** Who runs: what its context is, and the name by which the access rules of a field know it. */
export interface CtxUser {
  readonly ctxStruct: string;
  readonly progType: string;
}

/** Structs that views other than the program's context show, by the tag of the view's region. */
const VIEW_STRUCTS = ['', 'bpf_sock', 'bpf_tcp_sock'] as const;

/** Makes the view of a kernel socket through which programs see it; each is the other's owner. */
export function allocSockView(arena: Arena, sock: number): Result<number> {
  const tag = VIEW_STRUCTS.indexOf('bpf_sock');
  const view = arena.alloc({ kind: 'ctx', size: ctxViewSize('bpf_sock'), owner: sock, tag });
  if (view.ok) arena.setOwner(sock, view.value);
  return view;
}

interface Place {
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

function allowed(access: CtxAccess | undefined, progType: string): boolean {
  return access !== undefined && (access === 'all' || access.some((a) => a.split('/')[0] === progType));
}

/** Address of the member behind a field, and of the object that holds it; 0 where a pointer on the way is NULL. */
function reach(arena: Arena, object: number, source: CtxSource): number {
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

function memberSize(source: CtxSource): number {
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

function writeBytes(arena: Arena, at: number, size: number, lo: number, hi: number): void {
  if (size === 8) arena.setU64(at, lo, hi);
  else if (size === 4) arena.setU32(at, lo);
  else if (size === 2) arena.setU16(at, lo);
  else arena.setU8(at, lo);
}

const NULL_READS: ReadonlySet<string> = new Set(['zero-if-null', 'pointer']);

/** The full value of a field, before a narrow load cuts its part out. */
function readField(arena: Arena, object: number, place: Place, out: Pair): void {
  const source = place.field.from!;
  const size = Math.min(memberSize(source), place.field.size === 4 && source.how === 'pointer' ? 4 : 8);
  const base = reach(arena, object, source);
  if (base === 0) {
    if (!NULL_READS.has(source.how ?? '')) throw new Error('a context field lies behind a NULL pointer');
    out.lo = 0;
    out.hi = 0;
    return;
  }
  const at = base + place.element * place.field.size;
  readBytes(arena, at, place.field.count === undefined ? size : place.field.size, out);
  switch (source.how) {
    case 'mask':
      out.lo = out.lo & source.mask!;
      break;
    case 'nonzero':
      out.lo = (out.lo | out.hi) === 0 ? 0 : 1;
      out.hi = 0;
      break;
    case 'zero-below':
      if (out.hi === 0 && out.lo >>> 0 < source.limit!) out.lo = 0;
      break;
    case 'minus-one-at':
      if (out.lo >>> 0 === source.limit!) out.lo = -1;
      break;
    case 'shift-left-16':
      out.lo = out.lo << 16;
      break;
    default:
  }
}

/** Cuts bytes `inner` to `inner + size` out of a value. */
function narrow(out: Pair, inner: number, size: number): void {
  if (size === 8) return;
  let word = inner >= 4 ? out.hi : out.lo;
  word >>>= 8 * (inner & 3);
  out.lo = size === 4 ? word | 0 : word & (size === 2 ? 0xffff : 0xff);
  out.hi = 0;
}

/** Reads a context at an address of its view into `out`; false when no readable field lies there. */
export function ctxLoad(arena: Arena, user: CtxUser, address: number, size: number, out: Pair): boolean {
  const region = arena.region(address);
  if (!region) return false;
  const place = placeOf(VIEW_STRUCTS[region.tag] || user.ctxStruct, address - region.lo, size);
  if (!place?.field.from || !allowed(place.field.read, user.progType)) return false;
  readField(arena, region.owner, place, out);
  // A socket is seen through its view, which the kernel object's region names.
  if (place.field.type === 'struct bpf_sock *' && out.lo !== 0) out.lo = arena.region(out.lo >>> 0)?.owner ?? 0;
  // The kernel cuts only what is narrower than the member it loads: any byte of pkt_type reads the whole.
  if (size < memberSize(place.field.from)) narrow(out, place.inner, size);
  return true;
}

/** Writes a context at an address of its view; false when no writable field lies there. */
export function ctxStore(arena: Arena, user: CtxUser, address: number, size: number, lo: number, hi: number): boolean {
  const region = arena.region(address);
  if (!region) return false;
  const place = placeOf(VIEW_STRUCTS[region.tag] || user.ctxStruct, address - region.lo, size);
  const source = place?.field.to ?? place?.field.from;
  if (!place || !source || !allowed(place.field.write, user.progType)) return false;
  const at = reach(arena, region.owner, source);
  if (at === 0) return false;
  if (source.how === 'below-limit') {
    if (lo >>> 0 < source.limit!) arena.setU16(at, lo);
    return true;
  }
  const bytes = place.field.count === undefined ? Math.min(memberSize(source), size) : size;
  writeBytes(arena, at + place.element * place.field.size + place.inner, bytes, lo, hi);
  if (source.how === 'tstamp') clearTstampType(arena, region.owner);
  return true;
}

/** A program that sets tstamp without knowing of its type makes it a receive time. */
function clearTstampType(arena: Arena, skb: number): void {
  const place = LAYOUTS.sk_buff.members.tstamp_type;
  const mask = ((1 << place[3]) - 1) << (place[2] & 7);
  arena.setU8(skb + place[0], arena.u8[skb + place[0]]! & ~mask);
}
