/** What a test run's data_out says of the packet. */
import { UAPI } from '../../spec/constants.ts';

const { ETH_HLEN } = UAPI;

/** Prog types that see the packet from its network header on: what comes back begins with a zeroed Ethernet header. */
const NETWORK: ReadonlySet<string> = new Set(['socket_filter', 'cgroup_skb', 'lwt_in', 'lwt_out', 'lwt_xmit']);
/** Prog types whose data_out is no packet: flow keys, or nothing. */
const NO_PACKET: ReadonlySet<string> = new Set([
  'flow_dissector',
  'netfilter',
  'sk_lookup',
  'raw_tracepoint',
  'tracing',
  'struct_ops',
  'syscall',
]);

/**
 * The packet after a run of a program of `progType`, `before` being what went in and `dataOut` what came out; undefined
 * where data_out does not hold it.
 */
export function packetOut(progType: string, before: Uint8Array, dataOut: Uint8Array): Uint8Array | undefined {
  if (NO_PACKET.has(progType)) return undefined;
  if (!NETWORK.has(progType)) return dataOut;
  const packet = dataOut.slice();
  packet.set(before.subarray(0, ETH_HLEN));
  return packet;
}
