/** The sockets of a node file. */
import { deviceByName, type NetNs } from '../../net/route/netns.ts';
import type { SocketRequest } from '../../spec/request.ts';
import { choice, flag, integer, type Kind, says, text } from '../net/file/kinds.ts';
import { record, type ValueOf } from '../net/file/parts.ts';
import { isRecord, readKind, report, type Shape, type Sink } from '../net/file/shape.ts';
import { addressBytes } from './spec.ts';

const U32 = 0xffff_ffff;
const port = integer(1, 65535);

const addr: Kind<string> = {
  read: (v) => (typeof v === 'string' && addressBytes(v) ? v : undefined),
  wanted: 'an IPv4 or IPv6 address',
  word: 'address',
  schema: { type: 'string', pattern: '^[0-9a-fA-F.:]+$' },
};

const remote: Kind<{ readonly addr: string; readonly port: number }> = {
  read(v) {
    const [a, p] = isRecord(v) ? [addr.read(v.addr), port.read(v.port)] : [];
    return a !== undefined && p !== undefined ? { addr: a, port: p } : undefined;
  },
  wanted: 'a mapping with addr and port',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['addr', 'port'],
    properties: { addr: addr.schema, port: port.schema },
  },
};

const fields: Kind<Readonly<Record<string, number>>> = {
  read: (v) =>
    isRecord(v) && Object.values(v).every((n) => Number.isSafeInteger(n)) ? (v as Record<string, number>) : undefined,
  wanted: "a mapping of members of the kernel's struct to whole numbers",
  schema: { type: 'object', additionalProperties: { type: 'integer' } },
};

/** One entry of `sockets`: SocketRequest with the interface by name. */
export const SOCKET = {
  proto: says(choice({ tcp: 'tcp', udp: 'udp' } as const), 'Its protocol: TCP listens, UDP is bound.'),
  addr: says(addr, 'The address that it is bound to; `0.0.0.0` and `::` for all.'),
  port: says(port, 'The port that it is bound to.'),
  remote: says(remote, 'The far end: UDP is connected to it, TCP established.', 'none'),
  accepted: says(flag, 'The established connection was accepted by a listener of this node.', 'false'),
  state: says(
    choice({
      listen: 'listen',
      established: 'established',
      time_wait: 'time_wait',
      syn_recv: 'syn_recv',
    } as const),
    'State of a TCP socket; `time_wait` and `syn_recv` with `remote`.',
    '`listen`, with `remote` `established`',
  ),
  v6only: says(flag, 'IPV6_V6ONLY.', 'true'),
  reuseaddr: says(flag, 'SO_REUSEADDR.', 'true'),
  reuseport: says(flag, 'SO_REUSEPORT.', 'false'),
  dev: says(text, 'The device that it is bound to.', 'none'),
  mark: says(integer(0, U32), 'SO_MARK.', '0'),
  priority: says(integer(0, U32), 'SO_PRIORITY.', '0'),
  uid: says(integer(0, U32), 'Its owner.', '0'),
  backlog: says(integer(0, 65535), 'Connections that may wait to be accepted.', '128'),
  fields: says(fields, "Members of the kernel's struct by name: `{snd_cwnd: 20}`.", 'none'),
} as const satisfies Shape;

export const SOCKET_NEEDS = ['proto', 'addr', 'port'] as const;

/** An entry of a node file. */
export const SOCKET_RECORD = record('socket', 'A socket that is there from the beginning.', SOCKET, SOCKET_NEEDS);

/** What a socket is to be, from its record; undefined where its device is not there. */
export function socketRequest(
  sink: Sink,
  net: NetNs,
  { dev, ...given }: ValueOf<typeof SOCKET_RECORD>,
  path: string,
): SocketRequest | undefined {
  if (dev === undefined) return given;
  const device = deviceByName(net, dev);
  if (device) return { ...given, ifindex: device.ifindex };
  report(sink, `${path}.dev`, dev, `the name of a device: ${net.devices.map((d) => d.name).join(', ')}`);
  return undefined;
}

/** Reads the list; what is wrong becomes a problem with its path. */
export function readSockets(sink: Sink, net: NetNs, list: readonly unknown[]): readonly SocketRequest[] {
  return list.flatMap((value, i) => {
    const path = `sockets[${i}]`;
    const given = readKind(sink, SOCKET_RECORD, value, path);
    return (given && socketRequest(sink, net, given, path)) ?? [];
  });
}
