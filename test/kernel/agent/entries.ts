import { CT_ENTRY, NAT_ENTRY, TUPLE } from '../../../src/kernel/agent/ctEntry.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';
import type { MapRecord } from '../../../src/kernel/world.ts';
import { userUpdate } from '../../../src/maps/user.ts';
import { parseIpv4 } from '../../../src/net/addr.ts';

export const CT_MAP = { type: 'lru_hash', key_size: 14, value_size: 56 } as const;
export const NAT_MAP = { type: 'lru_hash', key_size: 14, value_size: 40, max_entries: 256 } as const;

export function newKernel(): Kernel {
  const made = Kernel.create();
  if (!made.ok) throw new Error('no kernel');
  return made.value;
}

export function mapOf(kernel: Kernel, request: Parameters<Kernel['load']>[0]): MapRecord {
  const { maps, problems } = kernel.load({ progs: [], ...request });
  if (!maps[0]) throw new Error(`no map: ${JSON.stringify(problems)}`);
  return maps[0];
}

export type End = readonly [address: string, port: number];

/** A tuple of bytes: daddr, saddr, dport, sport, protocol, flags. */
export function tuple(
  daddr: string,
  saddr: string,
  dport: number,
  sport: number,
  flags: number,
  proto = 6,
): Uint8Array {
  const key = new Uint8Array(TUPLE.size);
  key.set(parseIpv4(daddr)!, TUPLE.daddr);
  key.set(parseIpv4(saddr)!, TUPLE.saddr);
  new DataView(key.buffer).setUint16(TUPLE.dport, dport);
  new DataView(key.buffer).setUint16(TUPLE.sport, sport);
  key[TUPLE.nexthdr] = proto;
  key[TUPLE.flags] = flags;
  return key;
}

/** The conntrack key of a flow from one end to the other: addresses stored swapped, ports as they are. */
export function ctKey([from, sport]: End, [to, dport]: End, flags: number): Uint8Array {
  return tuple(from, to, dport, sport, flags);
}

export function ctValue(lifetime: number): Uint8Array {
  const value = new Uint8Array(CT_ENTRY.size);
  new DataView(value.buffer).setUint32(CT_ENTRY.lifetime, lifetime, true);
  return value;
}

export function natValue([address, port]: End): Uint8Array {
  const value = new Uint8Array(NAT_ENTRY.size);
  value.set(parseIpv4(address)!, NAT_ENTRY.toAddr);
  new DataView(value.buffer).setUint16(NAT_ENTRY.toPort, port);
  return value;
}

export function put(kernel: Kernel, map: MapRecord, key: Uint8Array, value: Uint8Array): void {
  if (userUpdate(kernel.maps, map.address, key, value) !== 0) throw new Error('update fails');
}
