/** What of the node's work is in the World: what is attached where, what is on its way, what is due. */
import type { EventQueue, TimedEvent } from '../eventQueue.ts';
import type { SockAlarm, SockEffect, SockEnd } from '../sockets/life.ts';
import { copyWorld, type ProgRecord, type World } from '../world.ts';
import type { App } from './apps.ts';
import type { LinkHook } from './hooks.ts';
import type { Hop } from './hop.ts';

/** A program attached to the node. */
export interface Link {
  readonly id: number;
  readonly prog: ProgRecord;
  readonly hook: LinkHook;
  /** Of device and netns hooks. */
  readonly ns: string;
  /** Of device hooks. */
  readonly ifindex: number;
  /** Of cgroup hooks: its id. */
  readonly cgroup: number;
  /** Of XDP: before or after the sk_buff is made. */
  readonly mode: 'native' | 'generic';
}

/** A packet on its way through the node. */
export interface Trip {
  /** 1 for the first packet of the node; copies and answers are packets of their own. */
  readonly id: number;
  readonly cpu: number;
  /** The namespace that it is in. */
  readonly ns: string;
  /** Stages that it has gone through, and how often it was sent since it last came in somewhere. */
  readonly steps: number;
  readonly xmits: number;
}

/** What of a work is about the packet, for its next work. */
export function tripOf({ id, cpu, ns, steps, xmits }: Trip): Trip {
  return { id, cpu, ns, steps, xmits };
}

/** What is to be done next with a packet: a stage of the network stack. `skb` is the address of its sk_buff. */
export type Work =
  /** A frame is at a device: from outside (`bytes`) or from another device of the node. */
  | (Trip & { readonly at: 'frame'; readonly ifindex: number; readonly bytes: Uint8Array })
  | (Trip & { readonly at: 'cable'; readonly ifindex: number; readonly skb: number })
  /** @kernel __netif_receive_skb_core */
  | (Trip & { readonly at: 'receive'; readonly skb: number })
  /** @kernel ip_rcv, ipv6_rcv */
  | (Trip & { readonly at: 'ip'; readonly skb: number })
  /** @kernel ip_local_deliver */
  | (Trip & { readonly at: 'local'; readonly skb: number })
  /** A packet of a socket, from its IP header on. @kernel ip_local_out */
  | (Trip & { readonly at: 'output'; readonly skb: number })
  /** @kernel __dev_queue_xmit */
  | (Trip & { readonly at: 'xmit'; readonly skb: number; readonly ifindex: number })
  /** A copy that bpf_clone_redirect made, from its link layer header on. @kernel __bpf_redirect */
  | (Trip & { readonly at: 'copy'; readonly skb: number; readonly ifindex: number; readonly ingress: boolean })
  /** Programs of a cgroup are asked about a connection. */
  | (Trip & { readonly at: 'connect'; readonly sk: number; readonly cgroup: number })
  /** An application gets to run: it sends an answer, or closes. */
  | (Trip & { readonly at: 'application'; readonly sk: number; readonly answer?: Uint8Array; readonly to?: SockEnd })
  /** What sockets want done. */
  | (Trip & { readonly at: 'sockets'; readonly effects: readonly SockEffect[] });

/** Hops, newest first. */
interface HopList {
  readonly hop: Hop;
  readonly older: HopList | undefined;
}

/** Where a connection is to go, as far as programs have decided. */
interface Connecting {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** Host order. */
  readonly port: number;
  /** A program does not want it. */
  readonly refused: boolean;
}

/** What a socket waits for; `object` is its address. */
export interface Alarm extends TimedEvent {
  readonly ns: string;
  readonly what: SockAlarm;
}

export interface NodeState {
  readonly links: readonly Link[];
  /** What is done next, then what waits. */
  readonly work: readonly Work[];
  /** The packet that is dealt with; undefined: none, so that a program that runs is a test run. */
  readonly running: Trip | undefined;
  /** Copies that the running program has made: they set out once it has ended. */
  readonly copies: readonly Work[];
  /** Copies of packets since nothing waited. */
  readonly copied: number;
  /** Packets that there have been. */
  readonly packets: number;
  readonly hops: HopList | undefined;
  /** Hops are only counted: those that do not count are not told, and changes of packets are not looked for. */
  readonly quiet: boolean;
  /** Applications with sockets, in the order in which they opened them. */
  readonly apps: readonly App[];
  /** A connection whose programs are being asked where it shall go. */
  readonly connecting: Connecting | undefined;
  /** What sockets wait for. */
  readonly alarms: EventQueue<Alarm> | undefined;
}

export const IDLE_NODE: NodeState = {
  links: [],
  work: [],
  running: undefined,
  copies: [],
  copied: 0,
  packets: 0,
  hops: undefined,
  quiet: false,
  apps: [],
  connecting: undefined,
  alarms: undefined,
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The world with something else of its node; `copyWorld` says why it is not spread. */
export function changeNode(world: World, change: (node: Mutable<NodeState>) => void): World {
  const copy = copyWorld(world);
  const { node } = world;
  const changed = {
    links: node.links,
    work: node.work,
    running: node.running,
    copies: node.copies,
    copied: node.copied,
    packets: node.packets,
    hops: node.hops,
    quiet: node.quiet,
    apps: node.apps,
    connecting: node.connecting,
    alarms: node.alarms,
  };
  change(changed);
  copy.node = changed;
  return copy;
}
