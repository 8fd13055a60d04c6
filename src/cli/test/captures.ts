/** `--pcap DIR`: what comes in and goes out of each device, DIR/SCENARIO/NETNS-DEV.pcapng. */
import { join } from 'node:path';
import type { Hop } from '../../kernel/node/hop.ts';
import { netnsOf } from '../../kernel/node/namespaces.ts';
import type { World } from '../../kernel/world.ts';
import { deviceByIndex, deviceByName } from '../../net/route/netns.ts';
import type { Io } from '../io.ts';
import { DeviceCapture, type Seen } from './deviceCapture.ts';

/** Packets whose verdicts at the way out are remembered: what vanishes is forgotten at last. */
const MOST_ON_THEIR_WAY = 1024;

/** A name that is no path. */
function fileName(text: string): string {
  return text.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '') || 'scenario';
}

/** The name, or the first free one with a number behind it. */
function free(name: string, taken: Set<string>): string {
  let found = name;
  for (let n = 2; taken.has(found); n++) found = `${name}-${n}`;
  taken.add(found);
  return found;
}

/** The captures of all scenarios, one after the other. */
export class Captures {
  readonly #io: Io;
  readonly #directory: string;
  readonly #folders = new Set<string>();

  constructor(io: Io, directory: string) {
    this.#io = io;
    this.#directory = directory;
  }

  /** Captures of a scenario; `close` them whatever comes. */
  begin(scenario: string): NodeCapture {
    return new NodeCapture(this.#io, join(this.#directory, free(fileName(scenario), this.#folders)));
  }
}

/** The devices of one scenario's node. */
export class NodeCapture {
  readonly #io: Io;
  readonly #folder: string;
  readonly #names = new Set<string>();
  readonly #devices = new Map<string, DeviceCapture>();
  /** Packets that came in at a device and are still there, by their numbers. */
  readonly #in = new Map<number, { readonly place: string; readonly seen: Seen }>();
  /** What programs said of packets that have not left yet. */
  readonly #leaving = new Map<number, string[]>();

  constructor(io: Io, folder: string) {
    this.#io = io;
    this.#folder = folder;
  }

  hop(world: World, hop: Hop, clockNs: bigint): void {
    const { packet, ns, dev = '' } = hop;
    switch (hop.kind) {
      case 'in':
        this.#arrives(packet, ns, dev, hop.bytes, clockNs);
        break;
      case 'out':
      case 'cable': {
        this.#leaves(packet, ns, dev, hop.bytes, clockNs);
        const far = hop.kind === 'cable' ? farEnd(world, ns, dev) : undefined;
        if (far) this.#arrives(packet, far.ns, far.dev, hop.bytes, clockNs);
        break;
      }
      case 'program':
        this.#says(packet, `${hop.hook} ${hop.prog}: ${hop.verdict}`, /egress/.test(hop.hook));
        break;
      case 'dropped':
        this.#says(packet, `dropped ${hop.reason}`, false);
        this.#ends(packet);
        break;
      case 'delivered':
        this.#says(packet, 'delivered', false);
        this.#ends(packet);
        break;
    }
  }

  /** Everything to disk, and the files in place. */
  close(): void {
    this.#in.clear();
    this.#leaving.clear();
    for (const device of this.#devices.values()) device.close();
    this.#devices.clear();
  }

  #device(ns: string, dev: string): DeviceCapture {
    const place = `${ns}/${dev}`;
    const known = this.#devices.get(place);
    if (known) return known;
    const name = free(fileName(`${ns}-${dev}`), this.#names);
    const made = new DeviceCapture(this.#io, join(this.#folder, `${name}.pcapng`), dev);
    this.#devices.set(place, made);
    return made;
  }

  #arrives(packet: number, ns: string, dev: string, bytes: Uint8Array, clockNs: bigint): void {
    const seen: Seen = {
      bytes,
      timeNs: clockNs,
      outbound: false,
      lines: [],
      ended: () => {
        if (this.#in.get(packet)?.seen === seen) this.#in.delete(packet);
      },
    };
    this.#in.set(packet, { place: `${ns}/${dev}`, seen });
    this.#device(ns, dev).add(seen);
  }

  #leaves(packet: number, ns: string, dev: string, bytes: Uint8Array, clockNs: bigint): void {
    const lines = this.#leaving.get(packet) ?? [];
    this.#leaving.delete(packet);
    this.#ends(packet);
    const device = this.#device(ns, dev);
    device.end(device.add({ bytes, timeNs: clockNs, outbound: true, lines, ended: () => undefined }));
  }

  /** A line of a packet's comment: where it came in, or, said on its way out, where it leaves. */
  #says(packet: number, line: string, onWayOut: boolean): void {
    const at = this.#in.get(packet);
    if (at && !onWayOut) {
      at.seen.lines.push(line);
      return;
    }
    const [oldest] = this.#leaving.keys();
    if (this.#leaving.size >= MOST_ON_THEIR_WAY && oldest !== undefined) this.#leaving.delete(oldest);
    this.#leaving.set(packet, [...(this.#leaving.get(packet) ?? []), line]);
  }

  #ends(packet: number): void {
    const at = this.#in.get(packet);
    // What programs said of a packet that never left is told where it came in, or not at all.
    at?.seen.lines.push(...(this.#leaving.get(packet) ?? []));
    this.#leaving.delete(packet);
    this.#in.delete(packet);
    if (at) this.#devices.get(at.place)?.end(at.seen);
  }
}

/** The other end of a cable. */
function farEnd(world: World, ns: string, dev: string): { readonly ns: string; readonly dev: string } | undefined {
  const here = netnsOf(world, ns);
  const device = here && deviceByName(here, dev);
  if (device?.peer === undefined) return undefined;
  const far = device.peerNs ?? ns;
  const there = netnsOf(world, far);
  const peer = there && deviceByIndex(there, device.peer);
  return peer && { ns: far, dev: peer.name };
}
