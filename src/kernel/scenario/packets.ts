/** Packets of a scenario: their bytes, with the link layer filled in where the file leaves it out. */
import { formatMac } from '../../net/addr.ts';
import { buildPacket } from '../../net/build.ts';
import type { LayerSpec } from '../../net/proto/protocols.ts';
import { deviceByName } from '../../net/route/netns.ts';
import type { Result } from '../../util/problem.ts';
import { fail, ok, problemText } from '../../util/problem.ts';
import type { Kernel } from '../kernel.ts';
import { netnsOf } from '../node/namespaces.ts';
import { scenarioProblem } from './messages.ts';
import type { PacketSpec, Path, TrafficSpec } from './model.ts';

/** The link layer address of whoever sends from outside, where the file says none. */
const SOMEBODY = '02:00:00:00:00:fe';

/** The layers with an Ethernet header to the device. */
function withEthernet(kernel: Kernel, netns: string, dev: string, layers: readonly LayerSpec[]): readonly LayerSpec[] {
  const net = netnsOf(kernel.world, netns);
  const mac = net && deviceByName(net, dev)?.mac;
  const eth = { layer: 'eth' as const, src: SOMEBODY, ...(mac && { dst: formatMac(mac) }) };
  const [first, ...rest] = layers;
  return first?.layer === 'eth' ? [{ ...eth, ...first }, ...rest] : [eth, ...layers];
}

/** The bytes of a packet. */
export function packetBytes(kernel: Kernel, packet: PacketSpec, path: Path): Result<Uint8Array> {
  if (packet.bytes) return ok(packet.bytes);
  const built = buildPacket(withEthernet(kernel, packet.netns, packet.dev, packet.layers ?? []));
  if (built.ok) return built;
  return fail(...built.problems.map((p) => scenarioProblem('packet', {}, { path, why: problemText(p) })));
}

/** A value some steps further: numbers, addresses, MACs grow at their end. */
function grown(value: unknown, by: number): unknown {
  if (typeof value === 'number') return value + by;
  if (typeof value !== 'string') return by;
  if (value.includes('.')) {
    const number = value.split('.').reduce((n, part) => n * 256 + Number(part), 0) + by;
    return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
  }
  const parts = value.split(':');
  const last = Number.parseInt(parts.at(-1) || '0', 16) + by;
  const isMac = parts.length === 6 && parts.every((p) => p.length === 2);
  return [...parts.slice(0, -1), isMac ? last.toString(16).padStart(2, '0') : last.toString(16)].join(':');
}

/** The bytes of flow number `flow` (from 0). */
function trafficBytes(kernel: Kernel, traffic: TrafficSpec, flow: number, path: Path): Result<Uint8Array> {
  let rest = flow;
  const steps = traffic.vary.map(({ layer, field, count }) => {
    const by = rest % count;
    rest = Math.floor(rest / count);
    return { layer, field, by };
  });
  const layers = traffic.layers.map((spec) => {
    const fields = steps.filter((s) => s.layer === spec.layer);
    if (fields.length === 0) return spec;
    const given = spec as unknown as Readonly<Record<string, unknown>>;
    return { ...spec, ...Object.fromEntries(fields.map((s) => [s.field, grown(given[s.field], s.by)])) } as LayerSpec;
  });
  return packetBytes(kernel, { netns: traffic.netns, dev: traffic.dev, layers, times: 1 }, path);
}

/** Bytes of packets that are kept, so that each flow's is built once: more are built again and again. */
const MOST_KEPT = 64 * 1024 * 1024;

/** The packets of a traffic by the number of their flow. What they are is a matter of the file alone, so they are kept. */
export function trafficPackets(kernel: Kernel, traffic: TrafficSpec, path: Path): (flow: number) => Result<Uint8Array> {
  let kept: Uint8Array | undefined;
  let size = 0;
  let built: Uint8Array | undefined;
  return (flow) => {
    const at = flow * size;
    if (kept && built && flow < built.length && built[flow] === 1) return ok(kept.slice(at, at + size));
    const made = trafficBytes(kernel, traffic, flow, path);
    if (!made.ok) return made;
    if (!kept || !built) {
      size = made.value.length;
      const flows = Math.min(traffic.flows, Math.floor(MOST_KEPT / Math.max(1, size)));
      kept = new Uint8Array(flows * size);
      built = new Uint8Array(flows);
    }
    // A field that changes a packet's length is no business of this: such a packet is built every time.
    if (flow < built.length && made.value.length === size) {
      kept.set(made.value, flow * size);
      built[flow] = 1;
    }
    return made;
  };
}
