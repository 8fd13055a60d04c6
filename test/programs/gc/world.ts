/** A kernel with the programs of programs/gc, its clock at second 1000, and what tests read and write there. */
import { Kernel } from '../../../src/kernel/kernel.ts';
import type { MapFile } from '../../../src/kernel/mapCommands.ts';
import { initMaps } from '../../../src/kernel/replay/mapInit.ts';
import { localStorageGet } from '../../../src/maps/localStorage.ts';
import { parseIpv4 } from '../../../src/net/addr.ts';
import type { NetNs } from '../../../src/net/route/netns.ts';
import { verifyChecksums } from '../../../src/net/verify.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { toHex } from '../../../src/util/hex.ts';
import { problemText } from '../../../src/util/problem.ts';
import { nodeMaps } from '../node.ts';

export const TC_OK = 0;
export const TC_SHOT = 2;

/** Little-endian bytes of a number. */
export function le(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 0xff);
}

export const be16 = (value: number): number[] => [value >> 8, value & 0xff];
export const ip = (text: string): number[] => [...parseIpv4(text)!];

export function kernelWith(request: LoadRequest, node?: NetNs): Kernel {
  const made = Kernel.create(node ? { node } : {});
  if (!made.ok) throw new Error(made.problems.map(problemText).join());
  const { problems } = made.value.load(request);
  if (problems.length > 0) throw new Error(problems.map(problemText).join());
  return made.value;
}

/** Fills the maps of the demo's agent, as far as they are there. */
export function withAgent(kernel: Kernel): Kernel {
  const { problems } = initMaps(kernel, nodeMaps(), 'node', 'node');
  if (problems.length > 0) throw new Error(problems.map(problemText).join());
  return kernel;
}

export function mapFile(kernel: Kernel, name: string): MapFile {
  const file = kernel.openMap(name);
  if (typeof file === 'number') throw new Error(`no map ${name}`);
  return file;
}

export function update(kernel: Kernel, map: string, key: readonly number[], value: readonly number[]): void {
  const errno = mapFile(kernel, map).update(Uint8Array.from(key), Uint8Array.from(value));
  if (errno !== 0) throw new Error(`${map}: ${errno}`);
}

/** The keys of a map in hex, sorted. */
export function keysOf(kernel: Kernel, map: string): string[] {
  const file = mapFile(kernel, map);
  const keys: string[] = [];
  for (let key = file.nextKey(); typeof key !== 'number'; key = file.nextKey(key)) keys.push(toHex(key));
  return keys.sort();
}

/** The u64s of an array's element. */
export function words(kernel: Kernel, map: string, index = 0): number[] {
  const value = mapFile(kernel, map).lookup(Uint8Array.from(le(index, 4))) as Uint8Array;
  return [...new BigUint64Array(value.slice().buffer)].map(Number);
}

/** A conntrack entry whose time is over after second `lifetime`. */
export function entry(lifetime: number): number[] {
  return [...new Array<number>(32).fill(0), ...le(lifetime, 4), ...new Array<number>(20).fill(0)];
}

/** What a socket keeps in a map, in hex; undefined where it keeps nothing. */
export function storage(kernel: Kernel, map: string, sk: number, size: number): string | undefined {
  const at = localStorageGet(kernel.maps, kernel.map(map)!.address, sk, 0, false);
  return at === 0 ? undefined : toHex(kernel.arena.bytes(at, size));
}

/** Runs a program over a packet of a socket (0: of none): the verdict and the packet afterwards. */
export function runPacket(
  kernel: Kernel,
  prog: string,
  data: Uint8Array,
  sock: number,
): { readonly retval: number; readonly data: Uint8Array } {
  const status = kernel.testRun(kernel.prog(prog)!, { data, sock }).finish();
  if (status.state !== 'done') throw new Error(status.state === 'fault' ? problemText(status.problem) : 'paused');
  const { errno, retval, dataOut } = status.output;
  if (errno !== 0) throw new Error(`errno ${errno}`);
  return { retval, data: dataOut! };
}

/** Addresses and ports of a packet whose checksums are right: `10.0.1.10:40000 > 10.0.2.30:8080`. */
export function ends(packet: Uint8Array): string {
  const wrong = verifyChecksums(packet).filter(({ status }) => status !== 'good');
  const end = (at: number, port: number): string =>
    `${packet.subarray(at, at + 4).join('.')}:${packet[port]! * 256 + packet[port + 1]!}`;
  return wrong.length > 0 ? JSON.stringify(wrong) : `${end(26, 34)} > ${end(30, 36)}`;
}
