/** What sockets want done, one thing after the other: packets to send, data for applications, ends. */
import { answerDns } from '../../net/dns.ts';
import { setSkMember, skFullsock, skMember } from '../../net/inetSock.ts';
import { setSkbField, skbField } from '../../net/skb.ts';
import type { KernelCore } from '../core.ts';
import type { SockEffect } from '../sockets/life.ts';
import { freeSocket } from '../sockets/open.ts';
import { tcpAlarm } from '../sockets/tcp/timer.ts';
import { tcpAccept, tcpClose, tcpSendmsg } from '../sockets/tcp/user.ts';
import { udpSendmsg } from '../sockets/udp.ts';
import { freeStorages } from '../storage.ts';
import { setAlarm } from './alarmQueue.ts';
import { type Application, addApp, appOf, changeApp, socketName } from './apps.ts';
import { skbOf } from './buffer.ts';
import type { Flow } from './flow.ts';
import { later, newPacket, next } from './flow.ts';
import { callFunction } from './functions.ts';
import { enterNetns } from './namespaces.ts';
import { tell } from './record.ts';
import { sourceFor } from './route.ts';
import type { Alarm, Trip, Work } from './state.ts';
import { tripOf } from './state.ts';

type SocketWork = Extract<Work, { readonly at: 'sockets' }>;
type EffectOf<K extends SockEffect['kind']> = Extract<SockEffect, { readonly kind: K }>;

const STATES: Readonly<Record<number, string>> = {
  1: 'ESTABLISHED',
  2: 'SYN_SENT',
  3: 'SYN_RECV',
  4: 'FIN_WAIT1',
  5: 'FIN_WAIT2',
  6: 'TIME_WAIT',
  7: 'CLOSE',
  8: 'CLOSE_WAIT',
  9: 'LAST_ACK',
  10: 'LISTEN',
  11: 'CLOSING',
  12: 'NEW_SYN_RECV',
};

/** `TCP_ESTABLISHED` without its prefix. */
export function stateName(state: number): string {
  return STATES[state] ?? `${state}`;
}

/** Effects to be carried out in a namespace, before everything that waits. */
export function carryOut(kernel: KernelCore, trip: Trip, effects: readonly SockEffect[]): undefined {
  if (effects.length > 0) next(kernel, { ...trip, at: 'sockets', effects });
}

/** A packet of a socket sets out. */
function send(kernel: KernelCore, work: SocketWork, { sk, packet, carried = false }: EffectOf<'send'>): Flow {
  const { arena } = kernel;
  const skb = skbOf(kernel, packet);
  if (skb === 0) return undefined;
  const trip: Trip = { id: newPacket(kernel), cpu: work.cpu, ns: work.ns, steps: 0, xmits: 0 };
  if (sk !== 0 && skFullsock(arena, sk)) {
    setSkbField(arena, skb, 'sk', sk);
    setSkbField(arena, skb, 'mark', skMember(arena, sk, 'sock', 'sk_mark'));
    setSkbField(arena, skb, 'priority', skMember(arena, sk, 'sock', 'sk_priority'));
  }
  if (carried) setSkbField(arena, skb, 'sk', sk);
  tell(kernel, trip, { kind: 'sent', socket: socketName(kernel, sk), bytes: packet });
  return later(kernel, { ...trip, at: 'output', skb });
}

/** A connection is accepted by whoever listens. */
function child(kernel: KernelCore, { listener }: EffectOf<'child'>): Flow {
  const app = appOf(kernel, listener);
  if (!app) return undefined;
  const sk = tcpAccept(kernel, listener);
  if (sk === 0) return undefined;
  const number = app.children + 1;
  changeApp(kernel, listener, { children: number });
  const { ns, cgroup, serve } = app;
  addApp(kernel, { name: `${app.name}#${number}`, ns, sk, proto: 'tcp', cgroup, serve });
  return undefined;
}

/** What an application answers to a piece of data. */
function answerOf(serve: Application, bytes: Uint8Array): Uint8Array | undefined {
  if (serve.kind === 'echo') return bytes;
  if (serve.kind === 'dns') return answerDns(bytes, serve.address);
  return serve.kind === 'reply' ? serve.bytes : undefined;
}

/** Data for an application, which may answer. */
function data(kernel: KernelCore, work: SocketWork, { sk, bytes, from }: EffectOf<'data'>): Flow {
  tell(kernel, work, { kind: 'delivered', socket: socketName(kernel, sk), what: `${bytes.length} bytes` });
  const app = appOf(kernel, sk);
  if (!app) return undefined;
  changeApp(kernel, sk, { received: [...app.received, bytes] });
  const { serve, proto } = app;
  const answer = answerOf(serve, bytes);
  if (!answer || proto === 'raw') return undefined;
  return later(kernel, { ...tripOf(work), at: 'application', sk, answer, ...(from && { to: from }) });
}

/** The peer has closed; most applications then close, too. */
function end(kernel: KernelCore, work: SocketWork, { sk }: EffectOf<'end'>): Flow {
  const app = appOf(kernel, sk);
  if (!app || app.serve.kind === 'idle') return undefined;
  return later(kernel, { ...tripOf(work), at: 'application', sk });
}

/** An application gets to run: it answers or, where there is nothing to say, closes. */
export function application(kernel: KernelCore, work: Extract<Work, { readonly at: 'application' }>): Flow {
  const { sk, answer, to } = work;
  const app = appOf(kernel, sk);
  if (!app) return undefined;
  const trip = tripOf(work);
  if (!answer) return carryOut(kernel, trip, tcpClose(kernel, sk).effects);
  if (app.proto === 'tcp') return carryOut(kernel, trip, tcpSendmsg(kernel, sk, answer).effects);
  const source = to && sourceFor(kernel.world.net, to.addr);
  return carryOut(kernel, trip, udpSendmsg(kernel, sk, answer, to, source).effects);
}

/** Whether a packet of the socket is on its way and has not been taken in anywhere. @kernel sk_wmem_alloc, sock_wfree */
function hasPackets({ arena, world }: KernelCore, sk: number): boolean {
  return world.node.work.some((w) => 'skb' in w && skbField(arena, w.skb, 'sk') === sk);
}

/** The socket's object goes, and what hangs off it; its packets keep it for as long as they are its. @kernel sk_free, __sk_destruct */
function destroy(kernel: KernelCore, work: SocketWork, effect: EffectOf<'destroy'>): Flow {
  const { sk } = effect;
  if (hasPackets(kernel, sk)) return later(kernel, { ...work, steps: 0, effects: [effect] });
  const gone = (): Flow => {
    changeApp(kernel, sk, { sk: 0 });
    freeSocket(kernel, sk);
    return undefined;
  };
  if (!skFullsock(kernel.arena, sk)) {
    const from = stateName(skMember(kernel.arena, sk, 'sock_common', 'skc_state'));
    if (from === 'TIME_WAIT') tell(kernel, work, { kind: 'state', socket: from, from, to: 'CLOSE' });
    return gone();
  }
  setSkMember(kernel.arena, sk, 'sock_common', 'skc_refcnt', 0);
  const storages = (): Flow =>
    callFunction(kernel, work, 'bpf_sk_storage_free', [sk], () => freeStorages(kernel, sk), gone);
  return callFunction(kernel, work, 'inet_sock_destruct', [sk], () => undefined, storages);
}

function apply(kernel: KernelCore, work: SocketWork, effect: SockEffect): Flow {
  switch (effect.kind) {
    case 'send':
      return send(kernel, work, effect);
    case 'state':
      return tell(kernel, work, {
        kind: 'state',
        socket: socketName(kernel, effect.sk),
        from: stateName(effect.from),
        to: stateName(effect.to),
      }) as undefined;
    case 'child':
      return child(kernel, effect);
    case 'data':
      return data(kernel, work, effect);
    case 'end':
      return end(kernel, work, effect);
    case 'error':
      changeApp(kernel, effect.sk, { error: effect.errno });
      return undefined;
    case 'alarm':
      setAlarm(kernel, { ns: work.ns, what: effect.what, object: effect.sk }, effect.afterNs);
      return undefined;
    case 'destroy':
      return destroy(kernel, work, effect);
  }
}

/** Carries out the first effect; the others wait until what follows from it is done. */
export function socketWork(kernel: KernelCore, work: SocketWork): Flow {
  const [first, ...rest] = work.effects;
  if (!first) return undefined;
  if (rest.length > 0) next(kernel, { ...work, effects: rest });
  return apply(kernel, work, first);
}

/** A socket has waited long enough. */
export function socketAlarm(kernel: KernelCore, { ns, object, what }: Alarm): undefined {
  enterNetns(kernel, ns);
  if (kernel.world.sockets.records.get(object) === undefined) return undefined;
  const { cpu, node } = kernel.world;
  return carryOut(kernel, { id: node.packets, cpu, ns, steps: 0, xmits: 0 }, tcpAlarm(kernel, object, what));
}
