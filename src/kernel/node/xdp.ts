/** XDP at a device: the program, and what becomes of the frame. */
import { dumpMap } from '../../maps/user.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import { freeSkb } from '../../net/skb.ts';
import { allocXdp, freeXdp, xdpField } from '../../net/xdp.ts';
import { UAPI } from '../../spec/constants.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import { MAP_TYPES } from '../../spec/mapTypes.ts';
import type { KernelCore } from '../core.ts';
import { deviceObject } from '../net/deviceObject.ts';
import { mapAt } from '../world.ts';
import { arrives, skbOf } from './buffer.ts';
import type { Flow } from './flow.ts';
import { copyTrip, later } from './flow.ts';
import { onXdp } from './onPacket.ts';
import { deviceName, drop, tell } from './record.ts';
import type { Link, Trip, Work } from './state.ts';
import { tripOf } from './state.ts';
import { sendFrame } from './transmit.ts';

const { BPF_F_EXCLUDE_INGRESS, XDP_PACKET_HEADROOM, XDP_PASS, XDP_REDIRECT, XDP_TX } = UAPI;
const PAGE = 4096;

/** A frame before its program. */
interface XdpFrame {
  readonly link: Link;
  readonly ifindex: number;
  readonly bytes: Uint8Array;
  /** What goes on with a frame that is passed. */
  readonly passed: (kernel: KernelCore, trip: Trip, ifindex: number, bytes: Uint8Array, meta: Uint8Array) => Flow;
  /** The sk_buff that the frame was in, to be freed; absent: none. */
  readonly skb?: number;
}

/** Runs a device's XDP program over a frame. @kernel bpf_prog_run_xdp */
export function runXdp(kernel: KernelCore, work: Work, frame: XdpFrame): Flow {
  const { arena } = kernel;
  const { ifindex, bytes, skb } = frame;
  const trip = tripOf(work);
  if (skb !== undefined) freeSkb(arena, skb);
  const room = PAGE - XDP_PACKET_HEADROOM - LAYOUTS.skb_shared_info.size;
  const dev = deviceObject(kernel, ifindex);
  const spec = { headroom: XDP_PACKET_HEADROOM, size: bytes.length, tailroom: Math.max(0, room - bytes.length), dev };
  const made = allocXdp(arena, spec);
  if (!made.ok) return drop(kernel, trip, 0, 'NO_MEMORY', { ifindex });
  const xdp = made.value;
  arena.put(xdpField(arena, xdp, 'data'), bytes);
  const data = (): Uint8Array => {
    const at = xdpField(arena, xdp, 'data');
    return arena.bytes(at, xdpField(arena, xdp, 'data_end') - at);
  };
  return {
    link: frame.link,
    work,
    prepare: onXdp(xdp),
    bytes: data,
    returned(retval) {
      const after = data();
      const first = xdpField(arena, xdp, 'data_meta');
      const meta = arena.bytes(first, Math.max(0, xdpField(arena, xdp, 'data') - first));
      freeXdp(arena, xdp);
      if (retval === XDP_PASS) return frame.passed(kernel, trip, ifindex, after, meta);
      if (retval === XDP_TX) return sendFrame(kernel, trip, ifindex, after);
      if (retval === XDP_REDIRECT) return xdpDoRedirect(kernel, trip, frame, after);
      return drop(kernel, trip, 0, 'XDP', { ifindex });
    },
  };
}

/** @kernel xdp_do_redirect */
function xdpDoRedirect(kernel: KernelCore, trip: Trip, { link, ifindex }: XdpFrame, bytes: Uint8Array): Flow {
  const { redirect } = kernel.world;
  const map = redirect?.map === undefined ? undefined : mapAt(kernel.world, redirect.map);
  if (!redirect) return drop(kernel, trip, 0, 'XDP_REDIRECT', { ifindex, why: 'the program named no target' });
  if (map?.type === MAP_TYPES.cpumap.id) return toCpu(kernel, trip, ifindex, redirect.index ?? 0, bytes);
  if (map?.type === MAP_TYPES.xskmap.id) {
    return drop(kernel, trip, 0, 'XDP_REDIRECT', { ifindex, why: 'nobody reads the socket of the xskmap' });
  }
  if (redirect.ifindex !== 0 || !map) return toDevice(kernel, trip, redirect.ifindex, bytes, link);
  // Broadcast: a copy for each device of the map.
  const all = dumpMap(kernel.maps, map.address).flatMap((element) => {
    const value = 'value' in element ? element.value : new Uint8Array(4);
    const target = new DataView(value.buffer, value.byteOffset).getUint32(0, true);
    return target === ifindex && (redirect.flags & BPF_F_EXCLUDE_INGRESS) !== 0 ? [] : [target];
  });
  for (const target of all) {
    const copy = copyTrip(kernel, trip);
    if (copy) toDevice(kernel, copy, target, bytes, link);
    else drop(kernel, trip, 0, 'RECURSION_LIMIT', { ifindex: target, why: 'there are too many copies' });
  }
  return undefined;
}

/** Sends a frame out of a device, as far as its driver takes frames from other devices. @kernel xdp_ok_fwd_dev */
function toDevice(kernel: KernelCore, trip: Trip, target: number, bytes: Uint8Array, link: Link): Flow {
  const device = deviceByIndex(kernel.world.net, target);
  if (!device) return drop(kernel, trip, 0, 'XDP_REDIRECT', { why: `there is no interface ${target}` });
  const refuse = (why: string): Flow => drop(kernel, trip, 0, 'XDP_REDIRECT', { ifindex: target, why });
  if (!device.up) return refuse('the device is down');
  if (bytes.length > device.mtu + UAPI.ETH_HLEN + 4) return refuse(`it is longer than the MTU of ${device.mtu}`);
  if (link.mode === 'native') {
    if (device.type !== 'ether' && device.type !== 'veth') return refuse(`${device.type} devices take no XDP frames`);
    const peer = device.peerNs === undefined ? undefined : { ns: device.peerNs, ifindex: device.peer };
    const receives = kernel.world.node.links.some(
      (l) => l.hook === 'xdp' && l.ns === (peer?.ns ?? trip.ns) && l.ifindex === device.peer && l.mode === 'native',
    );
    if (device.type === 'veth' && !receives)
      return refuse('a veth takes XDP frames only when its other end has an XDP program');
  }
  tell(kernel, trip, { kind: 'redirect', how: 'xdp', to: device.name });
  return sendFrame(kernel, trip, target, bytes);
}

/** Another CPU makes the sk_buff and goes on with it. @kernel cpu_map_kthread_run */
function toCpu(kernel: KernelCore, trip: Trip, ifindex: number, cpu: number, bytes: Uint8Array): Flow {
  tell(kernel, trip, { kind: 'redirect', how: 'xdp', to: `cpu ${cpu}`, dev: deviceName(kernel, ifindex) });
  const skb = skbOf(kernel, bytes);
  if (skb === 0) return drop(kernel, trip, 0, 'NO_MEMORY', { ifindex });
  arrives(kernel, skb, ifindex);
  return later(kernel, { ...trip, cpu, at: 'receive', skb });
}
