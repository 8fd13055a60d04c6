/** What goes in and comes out of a run as Ethernet frames: not every prog type sees, or gives back, a whole one. */
import { diffPackets, type FieldDiff } from '../../net/diff.ts';
import { packetLine } from '../../net/print.ts';
import { UAPI } from '../../spec/constants.ts';
import { toHex } from '../../util/hex.ts';
import { byteChanges, structWords } from './ctx.ts';
import { worksOnPackets } from './hook.ts';

const { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, NF_INET_LOCAL_OUT } = UAPI;
/** Bytes of data that are no packet which a line shows. */
const SHOWN = 16;

/** Programs without the Ethernet header: zeros come back in its place. */
const WITHOUT_L2: ReadonlySet<string> = new Set(['socket_filter', 'cgroup_skb', 'lwt_in', 'lwt_out', 'lwt_xmit']);
/** Their data is what a socket carries. */
const PAYLOAD: ReadonlySet<string> = new Set(['sk_skb', 'sk_msg', 'sk_reuseport', 'sock_ops', 'cgroup_sockopt']);

/** What one run was given. */
interface Given {
  readonly progType: string;
  readonly data: Uint8Array;
  readonly ctx: Uint8Array | undefined;
}

function joined(head: Uint8Array, rest: Uint8Array): Uint8Array {
  const all = new Uint8Array(head.length + rest.length);
  all.set(head);
  all.set(rest, head.length);
  return all;
}

/** Netfilter's local output has no link layer yet. */
const startsAtIp = ({ progType, ctx }: Given): boolean =>
  progType === 'netfilter' && (ctx === undefined || ctx[0] === NF_INET_LOCAL_OUT);

/** An Ethernet header for an IP packet. */
function header(ip: Uint8Array): Uint8Array {
  const type = (ip[0] ?? 0) >> 4 === 6 ? ETH_P_IPV6 : ETH_P_IP;
  const bytes = new Uint8Array(ETH_HLEN);
  bytes.set([type >> 8, type & 0xff], ETH_HLEN - 2);
  return bytes;
}

/** The frame that a run begins with. */
export function frameIn(given: Given): Uint8Array {
  return startsAtIp(given) ? joined(header(given.data), given.data) : given.data;
}

/** The frame that a run leaves, with the link layer that it came with; what came in where no packet comes out. */
export function frameOut(given: Given, out: Uint8Array): Uint8Array {
  const { progType, data } = given;
  if (WITHOUT_L2.has(progType)) return joined(data.subarray(0, ETH_HLEN), out.subarray(ETH_HLEN));
  // Netfilter's test run gives no packet back.
  if (progType === 'netfilter') return frameIn(given);
  return progType === 'flow_dissector' || PAYLOAD.has(progType) ? data : out;
}

/** What a run changed in its data: fields of packets, the keys that a flow dissector found, bytes. */
export function dataChanges(given: Given, out: Uint8Array): readonly FieldDiff[] {
  const { progType, data } = given;
  if (progType === 'flow_dissector') {
    return structWords('bpf_flow_keys', out).map(([field, after]) => ({ layer: 'keys', field, before: '0', after }));
  }
  if (PAYLOAD.has(progType)) return byteChanges(data, out).map((change) => ({ layer: 'data', ...change }));
  return diffPackets(frameIn(given), frameOut(given, out));
}

/** The data in one line; '' where there is none and none is wanted. */
export function dataLine(given: Given): string {
  const { progType, data } = given;
  if (PAYLOAD.has(progType)) {
    if (data.length === 0) return '';
    return `${data.length} bytes: ${toHex(data.subarray(0, SHOWN), ' ')}${data.length > SHOWN ? ' …' : ''}`;
  }
  return data.length > 0 || worksOnPackets(progType) ? packetLine(frameIn(given)) : '';
}
