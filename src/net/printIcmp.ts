/** The part of a packet's line that ICMP and ICMPv6 write: tcpdump's words. */

import { lengthOf } from './locate.ts';
import { ICMP_TYPES, ICMP6_TYPES } from './proto/icmp.ts';
import { type Layer, protocolName } from './proto/protocols.ts';

/** Destination of the quoted packet, and `udp port 53` or `tcp port 80` when its ports are there. */
function quotedTarget(
  layers: readonly Layer[],
  i: number,
): { readonly host: string; readonly port: string; readonly protocol: number } {
  const ip = layers[i + 1];
  const host = (ip?.layer === 'ipv4' || ip?.layer === 'ipv6' ? ip.dst : undefined) ?? 'unknown';
  const protocol = (ip?.layer === 'ipv4' ? ip.protocol : ip?.layer === 'ipv6' ? ip.nexthdr : undefined) ?? 0;
  const l4 = layers[i + 2];
  const ports = (l4?.layer === 'tcp' || l4?.layer === 'udp' || l4?.layer === 'sctp') && l4.dport !== undefined;
  return { host, port: ports ? `${l4.layer} port ${l4.dport}` : `protocol ${protocolName(protocol)} port`, protocol };
}

function unreachableText(layers: readonly Layer[], i: number, layer: Layer<'icmp'>): string {
  const { host, port, protocol } = quotedTarget(layers, i);
  switch (layer.code) {
    case 0:
      return `net ${host} unreachable`;
    case 1:
      return `host ${host} unreachable`;
    case 2:
      return `${host} protocol ${protocol} unreachable`;
    case 3:
      return `${host} ${port} unreachable`;
    case 4:
      return `${host} unreachable - need to frag${layer.mtu ? ` (mtu ${layer.mtu})` : ''}`;
    case 5:
      return `${host} unreachable - source route failed`;
    case 6:
      return `net ${host} unreachable - unknown`;
    case 7:
      return `host ${host} unreachable - unknown`;
    case 8:
      return `${host} unreachable - source host isolated`;
    case 9:
      return `net ${host} unreachable - admin prohibited`;
    case 10:
      return `host ${host} unreachable - admin prohibited`;
    case 11:
      return `net ${host} unreachable - tos prohibited`;
    case 12:
      return `host ${host} unreachable - tos prohibited`;
    case 13:
      return `host ${host} unreachable - admin prohibited filter`;
    case 14:
      return `host ${host} unreachable - host precedence violation`;
    case 15:
      return `host ${host} unreachable - precedence cutoff`;
    default:
      return `${host} unreachable - #${layer.code}`;
  }
}

const REDIRECTS: readonly string[] = ['to net', 'to host', 'tos to net', 'tos to host'];

function icmpWords(layers: readonly Layer[], i: number, layer: Layer<'icmp'>): string {
  switch (layer.type) {
    case 0:
    case 8:
      return `${ICMP_TYPES[layer.type]}, id ${layer.id}, seq ${layer.seq}`;
    case 13:
    case 14:
      return `${ICMP_TYPES[layer.type]} id ${layer.id} seq ${layer.seq}`;
    case 3:
      return unreachableText(layers, i, layer);
    case 5: {
      const { host } = quotedTarget(layers, i);
      const what = REDIRECTS[layer.code!] ?? `#${layer.code} to`;
      const [before, after] = what.startsWith('tos') ? ['redirect-tos', what.slice(4)] : ['redirect', what];
      return `${before} ${host} ${after} ${layer.gateway}`;
    }
    case 11:
      if (layer.code === 0) return 'time exceeded in-transit';
      return layer.code === 1 ? 'ip reassembly time exceeded' : `time exceeded-#${layer.code}`;
    case 12:
      if (layer.code === 0) return `parameter problem - octet ${layer.pointer}`;
      return `parameter problem - code ${layer.code}`;
    default:
      return ICMP_TYPES[layer.type!] ?? `type-#${layer.type}`;
  }
}

/** `ICMP echo request, id 7, seq 1, length 64`. */
export function icmpText(layers: readonly Layer[], i: number): string {
  const layer = layers[i] as Layer<'icmp'>;
  if (layer.cut !== undefined) return 'ICMP [|icmp]';
  return `ICMP ${icmpWords(layers, i, layer)}, length ${lengthOf(layer)}`;
}

function unreachable6Text(layers: readonly Layer[], i: number, code: number): string {
  const { host, port } = quotedTarget(layers, i);
  switch (code) {
    case 0:
      return `unreachable route ${host}`;
    case 1:
      return `unreachable prohibited ${host}`;
    case 2:
      return `beyond scope ${host}`;
    case 3:
      return `unreachable address ${host}`;
    case 4:
      return `unreachable port, ${host} ${port}`;
    default:
      return `unreachable code-#${code}`;
  }
}

const PARAMETER_PROBLEMS: readonly string[] = ['erroneous - octet', 'next header - octet', 'option - octet'];

function icmp6Words(layers: readonly Layer[], i: number, layer: Layer<'icmp6'>): string {
  const name = ICMP6_TYPES[layer.type!] ?? `type-#${layer.type}`;
  switch (layer.type) {
    case 128:
    case 129:
      return `${name}, id ${layer.id}, seq ${layer.seq}`;
    case 1:
      return `destination unreachable, ${unreachable6Text(layers, i, layer.code!)}`;
    case 2:
      return `packet too big, mtu ${layer.mtu}`;
    case 3: {
      const what = layer.code === 0 ? 'time exceeded in-transit' : 'ip reassembly time exceeded';
      return `${what} for ${quotedTarget(layers, i).host}`;
    }
    case 4:
      return `parameter problem, ${PARAMETER_PROBLEMS[layer.code!] ?? `code-#${layer.code} - octet`} ${layer.pointer}`;
    case 135:
      return `${name}, who has ${layer.target}`;
    case 136:
      return `${name}, tgt is ${layer.target}`;
    case 137:
      return `${name}, ${layer.destination} to ${layer.target}`;
    default:
      return name;
  }
}

/** `ICMP6, neighbor solicitation, who has fe80::2, length 32`. */
export function icmp6Text(layers: readonly Layer[], i: number): string {
  const layer = layers[i] as Layer<'icmp6'>;
  if (layer.cut !== undefined) return 'ICMP6, [|icmp6]';
  return `ICMP6, ${icmp6Words(layers, i, layer)}, length ${lengthOf(layer)}`;
}
