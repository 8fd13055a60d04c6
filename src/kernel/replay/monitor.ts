/** Datapath notifications as `cilium monitor -n` of Cilium 1.9 prints them: the records of a map called cilium_events. */
import { formatIpv4, formatIpv6 } from '../../net/addr.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import type { KernelCore } from '../core.ts';
import { netnsOf } from '../node/namespaces.ts';
import type { Output } from '../world.ts';
import { mapAt } from '../world.ts';
import { connectionSummary } from './connection.ts';

/** The map whose records are told. */
const EVENTS = 'cilium_events';

/** First byte of a record. */
const CILIUM_NOTIFY_DROP = 1;
const CILIUM_NOTIFY_TRACE = 4;

/** Bytes before the packet. */
const DROP_SIZE = 32;
const TRACE_SIZE = 48;

const DROP_REASONS: Readonly<Record<number, string>> = {
  133: 'Policy denied',
  134: 'Invalid packet',
  135: 'CT: Truncated or invalid header',
  137: 'CT: Unknown L4 protocol',
  140: 'Missed tail call',
  141: 'Error writing to packet',
  153: 'Error while correcting L3 checksum',
  154: 'Error while correcting L4 checksum',
  155: 'CT: Map insertion failed',
  157: 'IP fragmentation not supported',
  158: 'Service backend not found',
  163: 'Unknown connection tracking state',
};

/** Where a packet was seen, by number; `id` is that of the endpoint it goes to or comes from, or the proxy's port. */
const OBSERVATION_POINTS: readonly ((to: number, from: number) => string)[] = [
  (to) => `-> endpoint ${to}`,
  (to) => (to === 0 ? '-> proxy' : `-> proxy port ${to}`),
  () => '-> host from',
  () => '-> stack',
  () => '-> overlay',
  (_, from) => `<- endpoint ${from}`,
  () => '<- proxy',
  () => '<- host',
  () => '<- stack',
  () => '<- overlay',
  () => '<- network',
  () => '-> network',
];

const CT_STATES = ['new', 'established', 'reply', 'related'] as const;

/**
 * A record of cilium_events as a line: `xx drop (Policy denied) flow 0x0 to endpoint 0, identity 1010->1020:
 * 10.0.1.10:40000 -> 10.0.2.30:22 tcp SYN`. Undefined for anything that is no drop or trace notification.
 */
export function monitorLine(
  kernel: KernelCore,
  record: Extract<Output, { readonly kind: 'perf' }>['record'],
): string | undefined {
  const { map, data } = record;
  const [type, subtype] = data;
  if (mapAt(kernel.world, map)?.name !== EVENTS || type === undefined || subtype === undefined) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  /** Perf records are padded. */
  const packet = (at: number) => connectionSummary(data.subarray(at, at + u16(12)));
  const flow = () => `flow 0x${u32(4).toString(16)}`;
  const identities = () => `identity ${u32(16)}->${u32(20)}`;
  if (type === CILIUM_NOTIFY_DROP && data.length >= DROP_SIZE) {
    const reason = DROP_REASONS[subtype] ?? `${subtype}`;
    return `xx drop (${reason}) ${flow()} to endpoint ${u32(24)}, ${identities()}: ${packet(DROP_SIZE)}`;
  }
  if (type !== CILIUM_NOTIFY_TRACE || data.length < TRACE_SIZE) return undefined;
  const point = OBSERVATION_POINTS[subtype]?.(u16(24), u16(2)) ?? 'unknown trace';
  const state = CT_STATES[data[26]!] ?? `${data[26]}`;
  const host = netnsOf(kernel.world, 'host') ?? kernel.world.net;
  const device = deviceByIndex(host, u32(28))?.name ?? `${u32(28)}`;
  const origin = data[27]! & 1 ? formatIpv6(data.subarray(32, 48)) : formatIpv4(data, 32);
  return `${point} ${flow()} ${identities()} state ${state} ifindex ${device} orig-ip ${origin}: ${packet(TRACE_SIZE)}`;
}
