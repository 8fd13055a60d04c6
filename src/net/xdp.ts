/** xdp_buff and xdp_rxq_info: the packet of an XDP program and the queue it came from. */
import type { Arena } from '../mem/arena.ts';
import { PERM_READ } from '../mem/arena.ts';
import { LAYOUTS } from '../spec/layouts.ts';
import type { Result } from '../util/problem.ts';
import { ok } from '../util/problem.ts';
import type { BufferSize } from './skb.ts';
import { setRxqField, setXdpField, xdpField } from './skbField.ts';
import { xdpBuffHasFrags, xdpFragsSize } from './xdpFrags.ts';

export { rxqField, setXdpField, xdpField } from './skbField.ts';

export interface XdpSpec extends BufferSize {
  /** Address of the net_device the packet came in on, 0 for none. */
  readonly dev?: number;
  readonly queueIndex?: number;
}

/**
 * A new xdp_buff with its rxq over `size` zero bytes, without metadata; freed by `freeXdp`. `tailroom` is how far
 * bpf_xdp_adjust_tail can grow the packet: `frame_sz` counts the skb_shared_info behind it too.
 */
export function allocXdp(arena: Arena, spec: XdpSpec): Result<number> {
  const object = arena.alloc({ kind: 'kernel', size: LAYOUTS.xdp_buff.size, perm: PERM_READ });
  if (!object.ok) return object;
  const xdp = object.value;
  const rxq = arena.alloc({ kind: 'kernel', size: LAYOUTS.xdp_rxq_info.size, perm: PERM_READ });
  if (!rxq.ok) {
    arena.free(xdp);
    return rxq;
  }
  const frame = spec.headroom + spec.size + spec.tailroom + LAYOUTS.skb_shared_info.size;
  const buffer = arena.alloc({ kind: 'packet', size: frame, owner: xdp });
  if (!buffer.ok) {
    arena.free(rxq.value);
    arena.free(xdp);
    return buffer;
  }
  const data = buffer.value + spec.headroom;
  setRxqField(arena, rxq.value, 'dev', spec.dev ?? 0);
  setRxqField(arena, rxq.value, 'queue_index', spec.queueIndex ?? 0);
  setXdpField(arena, xdp, 'data_hard_start', buffer.value);
  setXdpField(arena, xdp, 'data', data);
  setXdpField(arena, xdp, 'data_meta', data);
  setXdpField(arena, xdp, 'data_end', data + spec.size);
  setXdpField(arena, xdp, 'rxq', rxq.value);
  setXdpField(arena, xdp, 'frame_sz', frame);
  xdpMoveWindow(arena, xdp);
  return ok(xdp);
}

/** Frees the object, its rxq and its buffer. */
export function freeXdp(arena: Arena, xdp: number): void {
  arena.free(xdpField(arena, xdp, 'data_hard_start'));
  arena.free(xdpField(arena, xdp, 'rxq'));
  arena.free(xdp);
}

/** Does the driver give no room for metadata? @kernel xdp_data_meta_unsupported */
export function xdpDataMetaUnsupported(arena: Arena, xdp: number): boolean {
  return xdpField(arena, xdp, 'data_meta') > xdpField(arena, xdp, 'data');
}

/** Lets the program touch data_meta (or data) up to data_end. */
export function xdpMoveWindow(arena: Arena, xdp: number): void {
  const lo = xdpField(arena, xdp, xdpDataMetaUnsupported(arena, xdp) ? 'data' : 'data_meta');
  arena.setWindow(xdpField(arena, xdp, 'data_hard_start'), lo, xdpField(arena, xdp, 'data_end'));
}

/** Bytes of metadata before the data. @kernel xdp_get_metalen */
export function xdpGetMetalen(arena: Arena, xdp: number): number {
  return xdpDataMetaUnsupported(arena, xdp) ? 0 : xdpField(arena, xdp, 'data') - xdpField(arena, xdp, 'data_meta');
}

/** Bytes of the packet, those in fragments too. @kernel xdp_get_buff_len */
export function xdpGetBuffLen(arena: Arena, xdp: number): number {
  const linear = xdpField(arena, xdp, 'data_end') - xdpField(arena, xdp, 'data');
  return xdpBuffHasFrags(arena, xdp) ? linear + xdpFragsSize(arena, xdp) : linear;
}
