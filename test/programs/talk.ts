/** Packets as they pass the node: conversations that keep their own sequence numbers, and single packets. */
import { buildPacket } from '../../src/net/build.ts';
import type { LayerSpec } from '../../src/net/proto/protocols.ts';
import { problemText } from '../../src/util/problem.ts';
import { type Host, NODE_MAC } from './node.ts';

/** A packet and when it comes, in milliseconds since the capture began. */
export interface Event {
  readonly ms: number;
  readonly bytes: Uint8Array;
  /** What the packet is there for. */
  readonly note?: string;
  /** Not a packet on a link: what the agent does, and the program that does it. */
  readonly agent?: string;
}

export interface End {
  readonly host: Host;
  readonly port: number;
}

export function built(layers: readonly LayerSpec[]): Uint8Array {
  const packet = buildPacket(layers);
  if (!packet.ok) throw new Error(packet.problems.map(problemText).join('\n'));
  return packet.value;
}

export const text = (s: string): LayerSpec => payload(new TextEncoder().encode(s));
export const payload = (bytes: Uint8Array): LayerSpec => ({ layer: 'payload', bytes });

let ipId = 0;

/** Makes the packets built from here on independent of those built before. */
export function restartIds(): void {
  ipId = 0;
}

/** Ethernet and IPv4 from a host to an address, through this node. */
export function ipv4(from: Host, to: string, more: Partial<LayerSpec<'ipv4'>> = {}): LayerSpec[] {
  ipId = (ipId + 1) & 0xffff;
  return [
    { layer: 'eth', src: from.mac, dst: NODE_MAC },
    { layer: 'ipv4', id: ipId, flags: 'DF', ttl: 64, ...more, src: from.ip, dst: to },
  ];
}

export function udp(from: End, to: string, dport: number, data: Uint8Array): Uint8Array {
  return built([...ipv4(from.host, to), { layer: 'udp', sport: from.port, dport }, payload(data)]);
}

export function echo(from: Host, to: string, type: 8 | 0, id: number, seq: number): Uint8Array {
  return built([...ipv4(from, to), { layer: 'icmp', type, id, seq }, text('abcdefgh')]);
}

/** An error about `about`, a packet on its way: its IP header and the 8 bytes behind it are quoted. */
export function icmpError(from: Host, to: string, type: 3 | 11 | 12, code: number, about: Uint8Array): Uint8Array {
  const quoted = about.slice(14, 14 + (about[14]! & 15) * 4 + 8);
  return built([...ipv4(from, to), { layer: 'icmp', type, code }, payload(quoted)]);
}

/**
 * A TCP connection as seen on the node's links before translation: the client talks to the service, the server answers
 * from its own address.
 */
export class TcpTalk {
  private readonly client: End;
  private readonly service: { readonly ip: string; readonly port: number };
  private readonly server: End;
  /** Where the server thinks the client is. */
  private readonly seenAs: string;
  private clientSeq: number;
  private serverSeq: number;

  constructor(
    client: End,
    service: { readonly ip: string; readonly port: number },
    server: End,
    isn = 1000,
    seenAs: string = client.host.ip,
  ) {
    this.client = client;
    this.service = service;
    this.server = server;
    this.seenAs = seenAs;
    this.clientSeq = isn;
    this.serverSeq = isn * 2;
  }

  fromClient(flags: string, payload = ''): Uint8Array {
    const { client, service } = this;
    const header: LayerSpec = { layer: 'tcp', sport: client.port, dport: service.port, flags, seq: this.clientSeq };
    const ack = flags.includes('.') ? this.serverSeq : 0;
    this.clientSeq += payload.length + (/[SF]/.test(flags) ? 1 : 0);
    return built([...ipv4(client.host, service.ip), { ...header, ack_seq: ack }, ...(payload ? [text(payload)] : [])]);
  }

  fromServer(flags: string, payload = ''): Uint8Array {
    const { client, server } = this;
    const header: LayerSpec = { layer: 'tcp', sport: server.port, dport: client.port, flags, seq: this.serverSeq };
    const ack = flags.includes('.') ? this.clientSeq : 0;
    this.serverSeq += payload.length + (/[SF]/.test(flags) ? 1 : 0);
    return built([...ipv4(server.host, this.seenAs), { ...header, ack_seq: ack }, ...(payload ? [text(payload)] : [])]);
  }
}
