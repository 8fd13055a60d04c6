/**
 * What a value points to, in the words of the program: `packet+26 (ipv4.src)`, `ct4_global[{…}]+16 (.lifetime)`, `fp-16`.
 * A row for each kind of region. Registers hold no types, so a number may look like a pointer by chance; small ones never do.
 */

import { isRingbufSample } from '../../maps/ringbuf.ts';
import type { Region } from '../../mem/arena.ts';
import type { RegionKind } from '../../mem/kinds.ts';
import { ALLOC, ALLOC_STATE, HEAP_START, PAGE_SHIFT } from '../../mem/layout.ts';
import { type FieldPlace, fieldPlaces, layerLabels } from '../../net/locate.ts';
import { parsePacket } from '../../net/parse.ts';
import { ctxFieldAt } from '../../spec/ctx/index.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import { VIEW_STRUCTS } from '../../vm/ctxView.ts';
import { BUFFER_SIZE, MAX_FRAMES, STACK_SIZE, stackTop } from '../../vm/frames.ts';
import type { View } from '../view.ts';
import { elementAt } from './elements.ts';
import { cut, isSection, keyText, mapTypes, placeIn } from './mapTypes.ts';
import { kernelMember, kernelObject } from './objects.ts';
import { type PacketNow, packetOf } from './packet.ts';

export type PointerKind =
  | 'ctx'
  | 'packet'
  | 'packet-end'
  | 'packet-meta'
  | 'stack'
  | 'map'
  | 'map-value'
  | 'func'
  | 'object'
  | 'socket'
  | 'ringbuf'
  | 'memory'
  | 'internal'
  | 'freed';

/** Where a pointer leads. */
export interface PointerInfo {
  readonly kind: PointerKind;
  readonly address: number;
  /** `packet`, `fp`, `ct4_global[{…}]`, `tc_main` … */
  readonly base: string;
  /** Bytes from the base (functions: insns); negative ones of the stack. */
  readonly offset: number;
  /** What lies there: `ipv4.src`, `.lifetime`, `__sk_buff.mark`. */
  readonly field?: string;
  /** What else there is to know: `of frame 1`, `deleted`. */
  readonly note?: string;
  /** The map that it belongs to. */
  readonly map?: string;
}

/** The first address that the program's memory can have; what is below is a number. */
export const FIRST_ADDRESS = HEAP_START;

/** Characters of a key that are shown. */
const KEY_SHOWN = 72;

type Describe = (view: View, region: Region, address: number) => Omit<PointerInfo, 'address'> | undefined;

/** The text of a pointer. */
export function pointerText({ kind, base, offset, field, note }: PointerInfo): string {
  const prefix = kind === 'func' ? 'func ' : kind === 'map' ? 'map ' : '';
  const by = offset === 0 ? '' : offset < 0 ? `${offset}` : `+${offset}`;
  return `${prefix}${base}${by}${field === undefined ? '' : ` (${field})`}${note === undefined ? '' : ` ${note}`}`;
}

function mapAt({ kernel }: View, address: number): ReturnType<View['kernel']['map']> {
  return kernel.world.maps.find((m) => m.address === address);
}

/** A map's name as a pointer shows it; maps in maps may be gone from the list of loaded ones. */
function mapName(view: View, address: number): string {
  return mapAt(view, address)?.name ?? `0x${address.toString(16)}`;
}

const inside = ({ base, end }: Region, address: number): boolean => address >= base && address <= end;

/** Fields of a packet: `ipv4` for the beginning of a header, `ipv4.src`, `tcp.options+3`. */
export function packetField(packet: Pick<PacketNow, 'bytes' | 'layer'>, offset: number): string | undefined {
  if ((packet.layer !== 'eth' && packet.layer !== 'ip') || offset < 0) return undefined;
  const { layers } = parsePacket(packet.bytes, { start: packet.layer });
  const labels = layerLabels(layers);
  const header = layers.findIndex((layer) => layer.at === offset);
  if (header >= 0) return labels[header];
  const within = (f: FieldPlace): boolean => offset >= f.at && offset < f.at + f.size;
  const field = fieldPlaces(layers).findLast(within);
  if (!field) return undefined;
  const name = field.name.replace(/^(payload|padding)\.bytes$/, '$1');
  return offset === field.at ? name : `${name}+${offset - field.at}`;
}

/** What the data of programs without packets is called. */
const DATA_NAMES: Readonly<Record<string, string>> = { bpf_sockopt_kern: 'optval', sk_msg: 'message' };

const packet: Describe = (view, region, address) => {
  const now = packetOf(view);
  if (!inside(region, address)) return undefined;
  if (!now || view.kernel.arena.regionAt(now.at) !== region.id) {
    return { kind: 'packet', base: 'other packet', offset: address - region.lo };
  }
  const name = DATA_NAMES[now.object.struct] ?? 'packet';
  const offset = address - now.at;
  const size = now.bytes.length;
  if (offset >= size) return { kind: 'packet-end', base: `${name}_end`, offset: offset - size };
  if (offset < 0 && -offset <= now.metaLength) {
    return { kind: 'packet-meta', base: `${name}_meta`, offset: offset + now.metaLength };
  }
  const field = packetField(now, offset);
  const said = offset === 0 || field === undefined ? {} : { field };
  return { kind: 'packet', base: name, offset, ...said, ...(offset < 0 && { note: 'in the headroom' }) };
};

const ctx: Describe = (view, region, address) => {
  if (!inside(region, address)) return undefined;
  const offset = address - region.lo;
  const sock = VIEW_STRUCTS[region.tag] ?? '';
  const struct = sock !== '' ? sock : (view.machine?.prog.ctxStruct ?? '');
  const found = offset === 0 ? undefined : ctxFieldAt(struct, offset);
  const past = found ? offset - found.field.offset : 0;
  const field = found && { field: `${struct}.${found.name}${past > 0 ? `+${past}` : ''}` };
  if (sock === '') return { kind: 'ctx', base: 'ctx', offset, ...field };
  const owner = kernelObject(view, region.owner);
  return { kind: 'socket', base: `${sock}(${owner?.detail ?? '?'})`, offset, ...field };
};

/** Arguments of functions and records: words without names, but for the contexts that tables know. */
const ctxMemory: Describe = (view, region, address) => {
  if (!inside(region, address)) return undefined;
  const offset = address - region.lo;
  const struct = view.machine?.prog.ctxStruct ?? '';
  const found = offset === 0 ? undefined : ctxFieldAt(struct, offset);
  return { kind: 'ctx', base: 'ctx', offset, ...(found && { field: `${struct}.${found.name}` }) };
};

const stack: Describe = (view, region, address) => {
  if (!inside(region, address)) return undefined;
  const { frames } = view.kernel;
  const active = view.machine?.depth ?? 0;
  const shown = Math.min(view.depth, active);
  const top = frames.stack + MAX_FRAMES * STACK_SIZE;
  const beginsAt = Math.floor((top - address) / STACK_SIZE);
  // The last byte of one frame is followed by the first of its caller's: R10 of a frame means the frame.
  const depth = (top - address) % STACK_SIZE === 0 && beginsAt > active ? beginsAt - 1 : beginsAt;
  if (depth >= MAX_FRAMES) return undefined;
  const note = depth > active ? `of frame ${depth}, which has ended` : `of frame ${depth}`;
  const offset = address - stackTop(frames, depth);
  return { kind: 'stack', base: 'fp', offset, ...(depth !== shown && { note }) };
};

const mapValue: Describe = (view, region, address) => {
  if (!inside(region, address)) return undefined;
  const { maps, arena } = view.kernel;
  const map = mapAt(view, region.owner);
  const name = mapName(view, region.owner);
  const found = elementAt(maps, region, address);
  if (!found) return { kind: 'map-value', base: `value of ${name}`, offset: address - region.lo, map: name };
  const offset = address - found.value;
  const types = map && mapTypes(map);
  const place = types && placeIn(types.btf, types.value, offset);
  // Inside of a number there is nothing to name.
  const field = place === undefined || place === '' || place.startsWith('+') ? {} : { field: place };
  if (map && isSection(map)) return { kind: 'map-value', base: name, offset, map: name, ...field };
  const indexed = /array|devmap|cpumap/.test(mapTypeName(arena.getU32(region.owner)) ?? '');
  const owner = found.owner === undefined ? undefined : objectText(view, found.owner);
  const key = owner ?? (found.key && map ? keyText(map, found.key, indexed) : found.key ? '…' : '');
  const cpu = found.cpu === undefined ? '' : `@cpu${found.cpu}`;
  const base = `${name}[${cut(key, KEY_SHOWN)}]${cpu}`;
  return { kind: 'map-value', base, offset, map: name, ...field, ...(!found.live && { note: 'deleted' }) };
};

/** A kernel object in a few words: `sock(tcp 10.0.0.1:80 LISTEN)`. */
export function objectText(view: View, address: number): string {
  const object = kernelObject(view, address);
  if (!object) return `kernel object 0x${address.toString(16)}`;
  return object.detail === '' ? object.struct : `${object.struct}(${object.detail})`;
}

const kernel: Describe = (view, region, address) => {
  if (!inside(region, address)) return undefined;
  const offset = address - region.base;
  const object = kernelObject(view, region.base);
  const member = object && offset > 0 ? kernelMember(object.struct, offset) : undefined;
  const field = member === undefined ? {} : { field: `${object!.struct}.${member}` };
  return { kind: 'object', base: objectText(view, region.base), offset, ...field };
};

/** Maps are pointed to, never into. */
const map: Describe = (view, region, address) =>
  address === region.base
    ? { kind: 'map', base: mapName(view, address), offset: 0, map: mapName(view, address) }
    : undefined;

const text: Describe = (view, region, address) => {
  const prog = view.symbols.prog(region.owner);
  const bytes = address - region.base;
  if (bytes % 8 !== 0 || address >= region.end) return undefined;
  const slot = bytes / 8;
  if (!prog) return { kind: 'func', base: `program ${region.owner}`, offset: slot };
  const func = view.symbols.functionAt(prog, slot);
  return { kind: 'func', base: func.name, offset: slot - func.slot };
};

/** Samples of ring buffers, what callbacks are shown, what programs allocated. */
const memory: Describe = (view, region, address) => {
  const { arena, frames, maps } = view.kernel;
  if (!inside(region, address)) return undefined;
  const offset = address - region.base;
  if (isRingbufSample(maps, region.base)) {
    if (address > region.hi) return undefined;
    const name = mapName(view, region.owner);
    return { kind: 'ringbuf', base: `${name} record`, offset, map: name, note: `of ${region.hi - region.lo} bytes` };
  }
  if (region.base === frames.buffers) {
    const depth = Math.floor(offset / BUFFER_SIZE);
    return {
      kind: 'memory',
      base: 'key',
      offset: offset % BUFFER_SIZE,
      note: `shown to the callback in frame ${depth}`,
    };
  }
  const object = view.running?.run.context?.object ?? 0;
  if (view.running?.prog.executable.progType === 'flow_dissector' && object !== 0 && arena.getU32(object) !== 0) {
    const found = ctxFieldAt('bpf_flow_keys', offset);
    return {
      kind: 'memory',
      base: 'flow_keys',
      offset,
      ...(found && offset > 0 && { field: `bpf_flow_keys.${found.name}` }),
    };
  }
  return { kind: 'memory', base: 'memory', offset, note: `of ${region.end - region.base} bytes` };
};

const internals: Describe = (view, region, address) => {
  if (!inside(region, address)) return undefined;
  const name = mapName(view, region.owner);
  return { kind: 'internal', base: `inside of map ${name}`, offset: 0, map: name };
};

/** Is this where the stack ends? What lies behind it begins at the same address: the keys that callbacks are shown. */
function endsStack({ kernel, machine, running }: View, address: number): boolean {
  const { frames } = kernel;
  const timer = machine !== undefined && running === undefined;
  return address === stackTop(frames, 0) && !(timer && address === frames.buffers);
}

const nothing: Describe = () => undefined;

const DESCRIBERS: Readonly<Record<RegionKind, Describe>> = {
  free: nothing,
  kernel,
  stack,
  ctx,
  packet,
  map,
  'map value': mapValue,
  'map internals': internals,
  memory,
  registers: nothing,
  text,
  'ctx memory': ctxMemory,
};

/** What a value points to; undefined where it is a number and no address of the program's memory. */
export function describe(view: View, value: bigint): PointerInfo | undefined {
  if (value < BigInt(FIRST_ADDRESS) || value > 0xffff_ffffn) return undefined;
  const address = Number(value);
  const { arena } = view.kernel;
  const region = arena.region(endsStack(view, address) ? address - 1 : address);
  if (!region) {
    const top = arena.getU32(ALLOC_STATE + ALLOC.top);
    if (address >>> PAGE_SHIFT >= top) return undefined;
    return { kind: 'freed', address, base: 'freed memory', offset: 0 };
  }
  const found = DESCRIBERS[region.kind](view, region, address);
  return found && { ...found, address };
}

/** The text of what a value points to; '' where it is a number. */
export function describeText(view: View, value: bigint): string {
  const info = describe(view, value);
  return info ? pointerText(info) : '';
}
