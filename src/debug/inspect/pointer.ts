/**
 * What a value points to, in the words of the program: `packet+26 (ipv4.src)`, `ct4_global[{…}]+16 (.lifetime)`, `fp-16`.
 * A row for each kind of region. Registers hold no types, so a number may look like a pointer by chance; small ones never do.
 */

import { isRingbufSample } from '../../maps/ringbuf.ts';
import type { RegionKind } from '../../mem/kinds.ts';
import { ALLOC, ALLOC_STATE, HEAP_START, PAGE_SHIFT } from '../../mem/layout.ts';
import { ctxFieldAt } from '../../spec/ctx/index.ts';
import { VIEW_STRUCTS } from '../../vm/ctxView.ts';
import { BUFFER_SIZE, MAX_FRAMES, STACK_SIZE, stackTop } from '../../vm/frames.ts';
import type { View } from '../view.ts';
import { kernelMember, kernelObject, objectText } from './objects.ts';
import { packetPointer } from './packetPointer.ts';
import { type Describe, inside, type PointerInfo, pointerText } from './pointerInfo.ts';
import { mapName, valuePointer } from './valuePointer.ts';

export type { PointerInfo } from './pointerInfo.ts';
export { pointerText } from './pointerInfo.ts';

/** The first address that the program's memory can have; what is below is a number. */
const FIRST_ADDRESS = HEAP_START;

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
  packet: packetPointer,
  map,
  'map value': valuePointer,
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
