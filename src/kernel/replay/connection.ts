/** A packet in the words of `cilium monitor`: `10.0.1.10:40000 -> 10.0.2.30:8080 tcp SYN`, `10.0.1.10 -> 10.0.2.30 EchoRequest`. */
import { formatIpv4, formatMac } from '../../net/addr.ts';
import { UAPI } from '../../spec/constants.ts';

const { ETH_HLEN, ETH_P_IP, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } = UAPI;

/** Types of frames by their number. */
const ETHERNET: Readonly<Record<number, string>> = { [ETH_P_IP]: 'IPv4', 2054: 'ARP', 34525: 'IPv6' };

/** TCP flags in the order in which they are told. */
const TCP_FLAGS = [
  [0x02, 'SYN'],
  [0x10, 'ACK'],
  [0x04, 'RST'],
  [0x01, 'FIN'],
] as const;

/** ICMP messages by type, and their codes where they have any. */
const ICMP: Readonly<Record<number, readonly [name: string, codes?: readonly string[]]>> = {
  0: ['EchoReply'],
  3: [
    'DestinationUnreachable',
    [
      'Net',
      'Host',
      'Protocol',
      'Port',
      'FragmentationNeeded',
      'SourceRoutingFailed',
      'NetUnknown',
      'HostUnknown',
      'SourceIsolated',
      'NetAdminProhibited',
      'HostAdminProhibited',
      'NetTOS',
      'HostTOS',
      'CommAdminProhibited',
      'HostPrecedence',
      'PrecedenceCutoff',
    ],
  ],
  4: ['SourceQuench'],
  5: ['Redirect', ['Net', 'Host', 'TOS+Net', 'TOS+Host']],
  8: ['EchoRequest'],
  9: ['RouterAdvertisement'],
  10: ['RouterSolicitation'],
  11: ['TimeExceeded', ['TTLExceeded', 'FragmentReassemblyTimeExceeded']],
  12: ['ParameterProblem', ['PointerIndicatesError', 'MissingOption', 'BadLength']],
  13: ['TimestampRequest'],
  14: ['TimestampReply'],
  15: ['InfoRequest'],
  16: ['InfoReply'],
  17: ['AddressMaskRequest'],
  18: ['AddressMaskReply'],
};

function icmpText(type: number, code: number): string {
  const row = ICMP[type];
  if (!row) return `${type}(${code})`;
  const [name, codes] = row;
  if (codes) return `${name}(${codes[code] ?? `Code: ${code}`})`;
  return code === 0 ? name : `${name}(Code: ${code})`;
}

/**
 * The connection that a packet belongs to. What its headers do not say, because they are cut off, wrong or those of a
 * fragment, is left out: the ports first, then the addresses.
 *
 * @param frame the packet from its Ethernet header on, or its beginning
 */
export function connectionSummary(frame: Uint8Array): string {
  if (frame.length < ETH_HLEN) return '[unknown]';
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const type = view.getUint16(12);
  const link = `${formatMac(frame, 6)} -> ${formatMac(frame, 0)} ${ETHERNET[type] ?? 'UnknownEthernetType'}`;
  if (type !== ETH_P_IP || frame.length < ETH_HLEN + 20) return link;
  const size = (frame[ETH_HLEN]! & 0x0f) * 4;
  const total = view.getUint16(ETH_HLEN + 2) || frame.length - ETH_HLEN;
  if (size < 20 || total < size || frame.length < ETH_HLEN + size) return link;
  const src = formatIpv4(frame, ETH_HLEN + 12);
  const dst = formatIpv4(frame, ETH_HLEN + 16);
  const fragment = (view.getUint16(ETH_HLEN + 6) & 0x3fff) !== 0;
  const at = ETH_HLEN + size;
  const room = fragment ? 0 : Math.min(frame.length, ETH_HLEN + total) - at;
  const ports = (): string => `${src}:${view.getUint16(at)} -> ${dst}:${view.getUint16(at + 2)}`;
  switch (frame[ETH_HLEN + 9]) {
    case IPPROTO_TCP:
      if (room < 20) break;
      return `${ports()} tcp ${TCP_FLAGS.flatMap(([bit, name]) => (frame[at + 13]! & bit ? [name] : [])).join(', ')}`;
    case IPPROTO_UDP:
      if (room < 8) break;
      return `${ports()} udp`;
    case IPPROTO_ICMP:
      if (room < 8) break;
      return `${src} -> ${dst} ${icmpText(frame[at]!, frame[at + 1]!)}`;
  }
  return `${src} -> ${dst}`;
}
