/** One call into the life of sockets: what it works on, and the effects that it gathers. */
import { setSkMember, skMember } from '../../net/inetSock.ts';
import { NET_SYSCTLS } from '../../net/route/sysctlNames.ts';
import type { KernelCore } from '../core.ts';
import type { SockAnswer, SockEffect, SocketLife } from './life.ts';
import { lifeOf, type SocketTable, withLife } from './table.ts';

/** Lives no longer than the call. */
export interface SockCall {
  readonly kernel: KernelCore;
  readonly effects: SockEffect[];
}

/** Runs a system call on sockets. */
export function answer(kernel: KernelCore, run: (call: SockCall) => number): SockAnswer {
  const effects: SockEffect[] = [];
  return { errno: run({ kernel, effects }), effects };
}

export function setTable(kernel: KernelCore, sockets: SocketTable): void {
  kernel.world = { ...kernel.world, sockets };
}

export function getLife({ kernel }: SockCall, sk: number): SocketLife {
  return lifeOf(kernel.world.sockets, sk);
}

export function changeLife({ kernel }: SockCall, sk: number, change: Partial<SocketLife>): void {
  const { sockets } = kernel.world;
  setTable(kernel, withLife(sockets, sk, { ...lifeOf(sockets, sk), ...change }));
}

/** A numeric sysctl of the current network namespace; `index` of those that are several numbers. */
export function netSysctl(kernel: KernelCore, name: string, index = 0): number {
  const text = kernel.world.net.sysctls[name] ?? NET_SYSCTLS[name] ?? '0';
  return Number(text.split(/\s+/)[index]);
}

/** Nanoseconds since boot. */
export function nowNs({ kernel }: SockCall): bigint {
  const { sec, nsec } = kernel.world.clock;
  return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
}

/** @kernel sock_hold, sock_put */
export function addRefs({ arena }: KernelCore, sk: number, by: number): void {
  setSkMember(arena, sk, 'sock_common', 'skc_refcnt', skMember(arena, sk, 'sock_common', 'skc_refcnt') + by);
}

/** A number that differs from one draw to the next. */
export function draw(kernel: KernelCore): number {
  const { sockets } = kernel.world;
  setTable(kernel, { ...sockets, drawn: sockets.drawn + 1 });
  return sockets.drawn + 1;
}
