/** What a socket of a node is to be: the input that `listen` of a request and `sockets` of a node file give. */
import { parseIpv4, parseIpv6 } from '../../net/addr.ts';
import type { SocketRequest } from '../../spec/request.ts';

/**
 * What a socket of a node is to be. Defaults: TCP listens, UDP is bound, with `remote` both are connected; SO_REUSEADDR is
 * set, IPv6 sockets take no IPv4, 128 connections may wait.
 */
export type SocketSpec = SocketRequest;

/** An address in network order: 4 or 16 bytes; undefined when the text is none. */
export function addressBytes(text: string): Uint8Array | undefined {
  return parseIpv4(text) ?? parseIpv6(text);
}

/** @kernel ipv6_addr_v4mapped */
export function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 && bytes.subarray(0, 10).every((b) => b === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

export const isAny = (bytes: Uint8Array): boolean => bytes.every((b) => b === 0);
