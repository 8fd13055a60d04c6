/** Applications: what holds sockets of the node and uses them. */
import { skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { offsetOf } from '../../spec/layouts.ts';
import type { KernelCore } from '../core.ts';

const { TCP_NEW_SYN_RECV, TCP_TIME_WAIT } = UAPI;

/** What an application does with what comes. */
export type Application =
  /** Keeps what it gets; closes when the other end has. */
  | { readonly kind: 'sink' }
  /** Sends everything back. */
  | { readonly kind: 'echo' }
  /** Answers each piece of data with bytes. */
  | { readonly kind: 'reply'; readonly bytes: Uint8Array }
  /** Answers questions for an address of its family with this one. */
  | { readonly kind: 'dns'; readonly address: Uint8Array }
  /** Does nothing at all, not even close. */
  | { readonly kind: 'idle' };

/** An application and its socket. */
export interface App {
  readonly name: string;
  readonly ns: string;
  /** Address of the socket's object; 0 once it is no more. */
  readonly sk: number;
  readonly proto: 'tcp' | 'udp' | 'raw';
  /** Id of its cgroup. */
  readonly cgroup: number;
  readonly serve: Application;
  /** Connections that it has accepted. */
  readonly children: number;
  /** What it has got and nobody has looked at yet. */
  readonly received: readonly Uint8Array[];
  /** The last error of its socket, a positive errno; 0 for none. */
  readonly error: number;
}

function setApps(kernel: KernelCore, apps: readonly App[]): void {
  const { world } = kernel;
  kernel.world = { ...world, node: { ...world.node, apps } };
}

/** The application of a socket. */
export function appOf({ world }: KernelCore, sk: number): App | undefined {
  return world.node.apps.find((a) => a.sk === sk && sk !== 0);
}

export function appNamed({ world }: KernelCore, name: string): App | undefined {
  return world.node.apps.findLast((a) => a.name === name);
}

/** Adds an application; one of its name that has no socket any more makes room. */
export function addApp(kernel: KernelCore, app: Pick<App, 'name' | 'ns' | 'sk' | 'proto' | 'cgroup' | 'serve'>): void {
  const others = kernel.world.node.apps.filter((a) => a.name !== app.name || a.sk !== 0);
  setApps(kernel, [...others, { ...app, children: 0, received: [], error: 0 }]);
}

/** Changes an application. */
export function changeApp(kernel: KernelCore, sk: number, change: Partial<App>): void {
  const { apps } = kernel.world.node;
  if (apps.some((a) => a.sk === sk))
    setApps(
      kernel,
      apps.map((a) => (a.sk === sk ? { ...a, ...change } : a)),
    );
}

/** What applications got was looked at. */
export function forgetReceived(kernel: KernelCore): void {
  const { apps } = kernel.world.node;
  if (apps.some((a) => a.received.length > 0 || a.error !== 0)) {
    setApps(
      kernel,
      apps.map((a) => ({ ...a, received: [], error: 0 })),
    );
  }
}

/** What a socket is called: by its application; one that is a listener's connection to be, by that; 0 is the kernel itself. */
export function socketName(kernel: KernelCore, sk: number): string {
  if (sk === 0) return 'kernel';
  const app = appOf(kernel, sk);
  if (app) return app.name;
  const { arena } = kernel;
  const state = skMember(arena, sk, 'sock_common', 'skc_state');
  if (state === TCP_TIME_WAIT) return 'TIME_WAIT';
  if (state !== TCP_NEW_SYN_RECV) return 'socket';
  return appOf(kernel, arena.getU32(sk + offsetOf('sock_common', 'skc_listener')))?.name ?? 'socket';
}
