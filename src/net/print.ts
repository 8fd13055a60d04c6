/** One line per packet in the manner of `tcpdump -n`. */

import { formatFlags } from './fields.ts';
import { lengthOf } from './locate.ts';
import { formatOption } from './options.ts';
import { type PacketStart, parsePacket } from './parse.ts';
import { icmp6Text, icmpText } from './printIcmp.ts';
import { ethertypeName, type Layer, protocolName } from './proto/protocols.ts';
import { SCTP_CHUNKS, tcp as tcpRow } from './proto/transport.ts';

/**
 * `IP 10.0.0.1.4242 > 10.96.0.10.80: Flags [S], seq 1, win 64240, length 0`. Tags and tunnels precede what they
 * carry; an ICMP error ends with the flow that it quotes; `[|tcp]` is a header that is cut off.
 */
export function packetLine(bytes: Uint8Array, options: { readonly start?: PacketStart } = {}): string {
  return lineFrom(parsePacket(bytes, options).layers, 0);
}

function payloadOf(layer: Layer): number {
  return lengthOf(layer) - layer.size;
}

/** The text from layer `i` on. */
function lineFrom(layers: readonly Layer[], i: number): string {
  const layer = layers[i];
  if (!layer) return '[no data]';
  switch (layer.layer) {
    case 'eth': {
      if (layer.cut !== undefined) return '[|ether]';
      if (isDissected(layers[i + 1])) return lineFrom(layers, i + 1);
      const type = layer.type! < 0x600 ? `802.3, length ${layer.type}` : `ethertype ${ethertypeText(layer.type!)}`;
      return `${layer.src} > ${layer.dst}, ${type}, length ${layer.end}`;
    }
    case 'vlan': {
      if (layer.cut !== undefined) return '[|vlan]';
      const tag = `vlan ${layer.vid}, p ${layer.pcp}${layer.dei ? ', DEI' : ''}, `;
      if (isDissected(layers[i + 1])) return tag + lineFrom(layers, i + 1);
      return `${tag}ethertype ${ethertypeText(layer.type!)}, length ${payloadOf(layer)}`;
    }
    case 'arp':
      return arpText(layer);
    case 'ipv4':
      if (layer.cut !== undefined) return 'IP [|ip]';
      return `IP ${carried(layers, i, layer.src!, layer.dst!)}`;
    case 'ipv6':
      if (layer.cut !== undefined) return 'IP6 [|ip6]';
      return `IP6 ${carried(layers, i, layer.src!, layer.dst!)}`;
    default:
      return bodyText(layers, i);
  }
}

function isDissected(layer: Layer | undefined): boolean {
  return layer !== undefined && layer.layer !== 'payload' && layer.layer !== 'padding';
}

function ethertypeText(type: number): string {
  const hex = `0x${type.toString(16).padStart(4, '0')}`;
  const name = ethertypeName(type);
  return name === hex ? `Unknown (${hex})` : `${name} (${hex})`;
}

function arpText(layer: Layer<'arp'>): string {
  if (layer.cut !== undefined) return 'ARP, [|arp]';
  const length = `length ${lengthOf(layer)}`;
  if (layer.hrd !== 1 || layer.pro !== 0x0800 || layer.hln !== 6 || layer.pln !== 4)
    return `ARP, unknown format, ${length}`;
  if (layer.op === 1) {
    const known = layer.tha === '00:00:00:00:00:00' || layer.tha === 'ff:ff:ff:ff:ff:ff' ? '' : ` (${layer.tha})`;
    return `ARP, Request who-has ${layer.tpa}${known} tell ${layer.spa}, ${length}`;
  }
  if (layer.op === 2) return `ARP, Reply ${layer.spa} is-at ${layer.sha}, ${length}`;
  return `ARP, op ${layer.op} ${layer.spa} ${layer.sha} > ${layer.tpa} ${layer.tha}, ${length}`;
}

/** Short words for the extension headers between an IP header and what it carries. */
const EXTENSIONS: Readonly<Record<string, string>> = { hopopts: 'HBH', dstopts: 'DSTOPT' };

/** Addresses (with ports where the transport header has them), extension headers and what follows. */
function carried(layers: readonly Layer[], i: number, src: string, dst: string): string {
  const ip = layers[i] as Layer<'ipv4'> | Layer<'ipv6'>;
  let extensions = '';
  let next = i + 1;
  let number = ip.layer === 'ipv4' ? ip.protocol! : ip.nexthdr!;
  for (; next < layers.length; next++) {
    const layer = layers[next]!;
    if (layer.cut !== undefined && 'nexthdr' in layer) return `${src} > ${dst}: ${extensions}[|${layer.layer}]`;
    if (layer.layer === 'fragment') extensions += `frag (${8 * layer.frag_off!}|${payloadOf(layer)}) `;
    else if (layer.layer === 'routing') {
      extensions += `RT6 (len=${layer.hdrlen}, type=${layer.type}, segleft=${layer.segleft}) `;
    } else if (layer.layer === 'ah') {
      extensions += `AH(spi=0x${layer.spi!.toString(16).padStart(8, '0')},seq=0x${layer.seq!.toString(16)}): `;
    } else if (layer.layer in EXTENSIONS) extensions += `${EXTENSIONS[layer.layer]} `;
    else break;
    if ('nexthdr' in layer && layer.nexthdr !== undefined) number = layer.nexthdr;
  }
  const body = layers[next];
  if (!isDissected(body)) {
    const before = layers[next - 1]!;
    if (before.layer === 'fragment' && before.frag_off! > 0) return `${src} > ${dst}: ${extensions.trimEnd()}`;
    const length = body?.layer === 'payload' ? body.size + body.missing : 0;
    return `${src} > ${dst}: ${extensions}${opaqueText(ip, number, length)}`;
  }
  if ((body?.layer === 'tcp' || body?.layer === 'udp' || body?.layer === 'sctp') && body.dport !== undefined) {
    return `${src}.${body.sport} > ${dst}.${body.dport}: ${extensions}${bodyText(layers, next)}`;
  }
  return `${src} > ${dst}: ${extensions}${bodyText(layers, next)}`;
}

/** What an IP header carries and no table describes: the name of the protocol, a later fragment, or nothing. */
function opaqueText(ip: Layer<'ipv4'> | Layer<'ipv6'>, number: number, length: number): string {
  if (ip.layer === 'ipv4' && ip.frag_off! > 0) {
    return `${protocolName(number)} fragment, id ${ip.id}, offset ${8 * ip.frag_off!}, length ${length}`;
  }
  if (number === 59) return 'no next header';
  return `${protocolName(number)} ${length}`;
}

/** What an IP header carries, without its addresses. */
function bodyText(layers: readonly Layer[], i: number): string {
  const layer = layers[i]!;
  switch (layer.layer) {
    case 'tcp':
      return tcpText(layer);
    case 'udp':
      if (layer.len === undefined) return '[|udp]';
      return `UDP, length ${layer.len - 8}`;
    case 'sctp':
      return layer.cut === undefined ? `sctp${chunksText(layers, i + 1)}` : '[|sctp]';
    case 'icmp':
      return icmpText(layers, i) + quoteText(layers, i + 1);
    case 'icmp6':
      return icmp6Text(layers, i) + quoteText(layers, i + 1);
    case 'ipv4':
    case 'ipv6':
      return lineFrom(layers, i);
    default:
      return `[|${layer.layer}]`;
  }
}

/** The packet that an ICMP error quotes, as ` (IP 10.0.0.1.4242 > 10.0.0.2.53: UDP, length 4)`. */
function quoteText(layers: readonly Layer[], i: number): string {
  const inner = layers[i];
  return inner?.layer === 'ipv4' || inner?.layer === 'ipv6' ? ` (${lineFrom(layers, i)})` : '';
}

function tcpText(layer: Layer<'tcp'>): string {
  if (layer.flags === undefined) return layer.seq === undefined ? '[|tcp]' : `seq ${layer.seq}, [|tcp]`;
  const flags = layer.flags;
  // By its own word the header is longer than `size` when it is cut short.
  const length = Math.max(0, lengthOf(layer) - 4 * layer.doff!);
  const parts = [`Flags [${formatFlags(tcpRow.fields.find((f) => f.name === 'flags')!, flags)}]`];
  // As tcpdump: a sequence number where one is used up (data, SYN, FIN) and in a RST.
  if (length > 0 || flags & 0b111) parts.push(`seq ${layer.seq}${length > 0 ? `:${(layer.seq! + length) >>> 0}` : ''}`);
  if (flags & 0x10) parts.push(`ack ${layer.ack_seq}`);
  if (layer.window === undefined) return `${parts.join(', ')}, [|tcp]`;
  parts.push(`win ${layer.window}`);
  if (flags & 0x20 && layer.urg_ptr !== undefined) parts.push(`urg ${layer.urg_ptr}`);
  if (layer.options) parts.push(`options [${layer.options.map(formatOption).join(',')}]`);
  if (layer.cut !== undefined) return `${parts.join(', ')}, [|tcp]`;
  return `${parts.join(', ')}, length ${length}`;
}

function chunksText(layers: readonly Layer[], from: number): string {
  let out = '';
  for (let i = from; i < layers.length; i++) {
    const chunk = layers[i]!;
    if (chunk.layer !== 'sctp_chunk') break;
    if (chunk.cut !== undefined) return `${out} [|sctp]`;
    out += ` (${i - from + 1}) [${SCTP_CHUNKS[chunk.type!] ?? `type ${chunk.type}`}]`;
    if (chunk.type! <= 2 && chunk.body) out += chunkDetails(chunk.type!, chunk.flags!, chunk.body);
  }
  return out;
}

/** The numbers of a DATA, INIT or INIT ACK chunk. */
function chunkDetails(type: number, flags: number, body: Uint8Array): string {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (type === 0 && body.length >= 12) {
    const ends = `${flags & 2 ? '(B)' : ''}${flags & 1 ? '(E)' : ''}`;
    const stream = `[SID: ${view.getUint16(4)}] [SSEQ ${view.getUint16(6)}] [PPID 0x${view.getUint32(8).toString(16)}]`;
    return ` ${ends}${ends ? ' ' : ''}[TSN: ${view.getUint32(0)}] ${stream}`;
  }
  if (type === 0 || body.length < 16) return '';
  const streams = `[OS: ${view.getUint16(8)}] [MIS: ${view.getUint16(10)}] [init TSN: ${view.getUint32(12)}]`;
  return ` [init tag: ${view.getUint32(0)}] [rwnd: ${view.getUint32(4)}] ${streams}`;
}
