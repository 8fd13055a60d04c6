/** The sockets of a node file. */
import { deviceByName, type NetNs } from '../../net/route/netns.ts';
import type { SocketRequest } from '../../spec/request.ts';
import { choice, flag, integer, type Kind, text } from '../net/file/kinds.ts';
import { isRecord, readRecord, report, type Shape, type Sink } from '../net/file/shape.ts';
import { addressBytes } from './spec.ts';

const U32 = 0xffff_ffff;
const port = integer(1, 65535);

const addr: Kind<string> = {
  read: (v) => (typeof v === 'string' && addressBytes(v) ? v : undefined),
  wanted: 'an IPv4 or IPv6 address',
  schema: { type: 'string' },
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
  proto: choice({ tcp: 'tcp', udp: 'udp' } as const),
  addr,
  port,
  remote,
  accepted: flag,
  state: choice({
    listen: 'listen',
    established: 'established',
    time_wait: 'time_wait',
    syn_recv: 'syn_recv',
  } as const),
  v6only: flag,
  reuseaddr: flag,
  reuseport: flag,
  dev: text,
  mark: integer(0, U32),
  priority: integer(0, U32),
  uid: integer(0, U32),
  backlog: integer(0, 65535),
  fields,
} as const satisfies Shape;

export const SOCKET_NEEDS = ['proto', 'addr', 'port'] as const;

/** Reads the list; what is wrong becomes a problem with its path. */
export function readSockets(sink: Sink, net: NetNs, list: readonly unknown[]): readonly SocketRequest[] {
  return list.flatMap((value, i): SocketRequest[] => {
    const path = `sockets[${i}]`;
    const { proto, addr: address, port: number, dev, ...rest } = readRecord(sink, value, SOCKET, path, SOCKET_NEEDS);
    if (proto === undefined || address === undefined || number === undefined) return [];
    const device = dev === undefined ? undefined : deviceByName(net, dev);
    if (dev !== undefined && !device) {
      report(sink, `${path}.dev`, dev, `the name of a device: ${net.devices.map((d) => d.name).join(', ')}`);
    }
    const given = Object.fromEntries(Object.entries(rest).filter(([, v]) => v !== undefined));
    return [{ ...given, proto, addr: address, port: number, ...(device && { ifindex: device.ifindex }) }];
  });
}
