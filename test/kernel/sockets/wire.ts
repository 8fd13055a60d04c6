/** Kernels on a wire: what one sends the other gets; alarms run when time passes; every packet is checked. */
import { expect } from 'vitest';
import { clockAfter } from '../../../src/kernel/clock.ts';
import { Kernel, type KernelOptions } from '../../../src/kernel/kernel.ts';
import type { SockAlarm, SockAnswer, SockEffect } from '../../../src/kernel/sockets/life.ts';
import { freeSocket, type OpenSpec, openSocket } from '../../../src/kernel/sockets/open.ts';
import { addressBytes } from '../../../src/kernel/sockets/spec.ts';
import { tcpV4Err } from '../../../src/kernel/sockets/tcp/err.ts';
import { tcpRcv } from '../../../src/kernel/sockets/tcp/rcv.ts';
import { tcpAlarm } from '../../../src/kernel/sockets/tcp/timer.ts';
import { udpErr, udpRcv } from '../../../src/kernel/sockets/udp.ts';
import { skMember } from '../../../src/net/inetSock.ts';
import { parsePacket } from '../../../src/net/parse.ts';
import { verifyChecksums } from '../../../src/net/verify.ts';
import { formatPacketLine } from './line.ts';

export const ADDR = { v4: ['192.0.2.1', '192.0.2.2'], v6: ['2001:db8::1', '2001:db8::2'] } as const;
export const bytesOf = (text: string): Uint8Array => addressBytes(text)!;

export interface Flying {
  readonly to: Host;
  readonly packet: Uint8Array;
}

interface Alarm {
  readonly host: Host;
  readonly sk: number;
  readonly at: bigint;
  readonly what: SockAlarm;
}

/** One kernel, and what its sockets have told. */
export class Host {
  readonly kernel: Kernel;
  readonly name: string;
  readonly log: SockEffect[] = [];
  readonly drops: string[] = [];
  constructor(name: string, options: KernelOptions) {
    const made = Kernel.create(options);
    if (!made.ok) throw new Error('no kernel');
    this.kernel = made.value;
    this.name = name;
  }

  open(spec: OpenSpec): number {
    const made = openSocket(this.kernel, spec);
    if ('errno' in made) throw new Error(`errno ${made.errno}`);
    return made.sk;
  }

  state(sk: number): number {
    return skMember(this.kernel.arena, sk, 'sock_common', 'skc_state');
  }

  /** All bytes that came for a socket. */
  received(sk: number): Uint8Array {
    return Uint8Array.from(this.log.flatMap((e) => (e.kind === 'data' && e.sk === sk ? [...e.bytes] : [])));
  }

  /** Effects of one kind. */
  of<K extends SockEffect['kind']>(kind: K): Extract<SockEffect, { kind: K }>[] {
    return this.log.filter((e): e is Extract<SockEffect, { kind: K }> => e.kind === kind);
  }

  states(sk: number): string {
    const steps = this.of('state').filter((e) => e.sk === sk);
    return [steps[0]?.from, ...steps.map((e) => e.to)].join('>');
  }
}

/** Two hosts, what is under way between them, and what has been on the wire. */
export class Wire {
  readonly hosts: readonly [Host, Host];
  flying: Flying[] = [];
  alarms: Alarm[] = [];
  readonly seen: { readonly ns: bigint; readonly packet: Uint8Array }[] = [];
  readonly mss: number | undefined;

  constructor(options: { readonly mss?: number; readonly kernels?: readonly [KernelOptions, KernelOptions] } = {}) {
    const [a, b] = options.kernels ?? [{ seed: 1 }, { seed: 2 }];
    this.hosts = [new Host('a', a), new Host('b', b)];
    this.mss = options.mss;
  }

  get now(): bigint {
    const { sec, nsec } = this.hosts[0].kernel.world.clock;
    return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
  }

  /** Takes the effects of a call in; answers its errno. */
  take(host: Host, { errno, effects }: SockAnswer): number {
    for (const effect of effects) {
      host.log.push(effect);
      if (effect.kind === 'send') this.#send(host, effect.packet);
      if (effect.kind === 'alarm') {
        this.alarms.push({ host, sk: effect.sk, at: this.now + effect.afterNs, what: effect.what });
      }
      if (effect.kind === 'destroy') {
        freeSocket(host.kernel, effect.sk);
        this.alarms = this.alarms.filter((a) => a.host !== host || a.sk !== effect.sk);
      }
    }
    return errno;
  }

  #send(host: Host, packet: Uint8Array): void {
    const parsed = parsePacket(packet, { start: 'ip' });
    expect(parsed.problems).toEqual([]);
    for (const { status } of verifyChecksums(packet, { start: 'ip' })) expect(['good', 'partial']).toContain(status);
    this.seen.push({ ns: this.now, packet });
    this.flying.push({ to: this.hosts[host === this.hosts[0] ? 1 : 0], packet });
  }

  /** Delivers one packet that is under way. */
  deliver(index = 0): void {
    const [flying] = this.flying.splice(index, 1);
    if (!flying) return;
    const { to, packet } = flying;
    const v6 = packet[0]! >> 4 === 6;
    const input = { bytes: packet, ipOffset: 0, family: v6 ? 'inet6' : 'inet' } as const;
    const protocol = v6 ? packet[6]! : packet[9]!;
    const answers =
      protocol === 6
        ? [tcpRcv(to.kernel, input, 1, 0, this.mss)]
        : protocol === 17
          ? [udpRcv(to.kernel, input, 1)]
          : [tcpV4Err(to.kernel, input, 1), udpErr(to.kernel, input, 1)];
    for (const { effects, drop } of answers) {
      if (drop) to.drops.push(drop);
      this.take(to, { errno: 0, effects });
    }
  }

  /** Delivers until nothing is under way. */
  settle(limit = 10_000): this {
    for (let n = 0; this.flying.length > 0; n++) {
      if (n > limit) throw new Error('the hosts do not come to an end');
      this.deliver();
    }
    return this;
  }

  /** Loses everything that is under way. */
  lose(): this {
    this.flying = [];
    return this;
  }

  /** Lets the next alarm ring; false without one. */
  ring(): boolean {
    const next = this.alarms.reduce<Alarm | undefined>((best, a) => (!best || a.at < best.at ? a : best), undefined);
    if (!next) return false;
    this.alarms = this.alarms.filter((a) => a !== next);
    if (next.at > this.now) this.pass(next.at - this.now);
    this.take(next.host, { errno: 0, effects: tcpAlarm(next.host.kernel, next.sk, next.what) });
    return true;
  }

  /** Lets time pass without alarms. */
  pass(ns: bigint): void {
    for (const { kernel } of this.hosts) kernel.setClock(clockAfter(kernel.world.clock, ns));
  }

  /** Delivers and rings until all is quiet. */
  rest(limit = 10_000): this {
    this.settle();
    for (let n = 0; this.ring(); n++) {
      if (n > limit) throw new Error('alarms do not come to an end');
      this.settle();
    }
    return this;
  }

  /** The packets from `from` on, a word each. */
  lines(from = 0): string[] {
    return this.seen.slice(from).map(({ packet }) => formatPacketLine(packet));
  }
}
