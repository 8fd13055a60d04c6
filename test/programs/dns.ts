/** DNS messages small enough for one line each: a question for an IPv4 address, and its answer. */
import { parseIpv4 } from '../../src/net/addr.ts';

const be16 = (...values: readonly number[]): number[] => values.flatMap((v) => [v >> 8, v & 0xff]);

function question(name: string): number[] {
  const labels = name.split('.').flatMap((label) => [label.length, ...new TextEncoder().encode(label)]);
  return [...labels, 0, ...be16(1, 1)];
}

export function dnsQuery(id: number, name: string): Uint8Array {
  return Uint8Array.from([...be16(id, 0x0100, 1, 0, 0, 0), ...question(name)]);
}

export function dnsAnswer(id: number, name: string, ip: string): Uint8Array {
  const record = [...be16(0xc00c, 1, 1, 0, 30, 4), ...parseIpv4(ip)!];
  return Uint8Array.from([...be16(id, 0x8180, 1, 1, 0, 0), ...question(name), ...record]);
}
