/** Random applications over a random wire: nothing throws, states follow the diagram, everything ends. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bindSocket } from '../../../src/kernel/sockets/bindSocket.ts';
import {
  listenSocket,
  tcpAbort,
  tcpAccept,
  tcpClose,
  tcpConnect,
  tcpSendmsg,
  tcpShutdown,
} from '../../../src/kernel/sockets/tcp/user.ts';
import { ADDR, bytesOf, type Host, Wire } from './wire.ts';

/** RFC 9293, figure 5, with what Linux adds: a listener's clone, and the full socket's end where a small one takes over. */
const NEXT: Readonly<Record<number, readonly number[]>> = {
  1: [4, 8, 7],
  2: [1, 3, 7],
  3: [1, 4, 7, 8],
  4: [5, 11, 7],
  5: [7],
  7: [2, 10],
  8: [9, 7],
  9: [7],
  10: [3, 7],
  11: [7],
};

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), n: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('lose', 'copy', 'ring' as const), n: fc.nat(8) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('connect', 'accept', 'shutdown', 'close', 'abort' as const),
      n: fc.nat(8),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('send' as const), n: fc.nat(8) }) },
);

interface App {
  readonly host: Host;
  readonly sk: number;
}

class World {
  readonly wire = new Wire({ mss: 700 });
  readonly listener: number;
  apps: App[] = [];

  constructor() {
    const [, b] = this.wire.hosts;
    this.listener = b.open({ proto: 'tcp', family: 'inet', reuseaddr: true });
    bindSocket(b.kernel, this.listener, new Uint8Array(4), 80);
    this.wire.take(b, listenSocket(b.kernel, this.listener, 2));
  }

  /** One step; `n` chooses among packets or sockets. */
  run(what: string, n: number): void {
    const { wire } = this;
    const [a, b] = wire.hosts;
    if (what === 'connect') {
      const sk = a.open({ proto: 'tcp', family: 'inet' });
      this.apps.push({ host: a, sk });
      wire.take(a, tcpConnect(a.kernel, sk, bytesOf(ADDR.v4[1]), 80, bytesOf(ADDR.v4[0]), 700));
    } else if (what === 'accept') {
      const sk = tcpAccept(b.kernel, this.listener);
      if (sk !== 0) this.apps.push({ host: b, sk });
    } else if (what === 'ring') wire.ring();
    else if (wire.flying.length > 0 && what === 'deliver') wire.deliver(n % wire.flying.length);
    else if (wire.flying.length > 0 && what === 'lose') wire.flying.splice(n % wire.flying.length, 1);
    else if (wire.flying.length > 0 && what === 'copy') wire.flying.push(wire.flying[n % wire.flying.length]!);
    else if (this.apps.length > 0) this.use(what, this.apps[n % this.apps.length]!, n);
  }

  use(what: string, app: App, n: number): void {
    const { host, sk } = app;
    const { kernel } = host;
    if (what === 'send') this.wire.take(host, tcpSendmsg(kernel, sk, new Uint8Array(1 + n * 300)));
    if (what === 'shutdown') this.wire.take(host, tcpShutdown(kernel, sk));
    if (what !== 'close' && what !== 'abort') return;
    this.apps = this.apps.filter((other) => other !== app);
    this.wire.take(host, what === 'close' ? tcpClose(kernel, sk) : tcpAbort(kernel, sk));
  }

  /** Everybody closes; packets go on or are all lost. */
  end(lossy: boolean): void {
    for (const app of this.apps) this.use('close', app, 0);
    const [, b] = this.wire.hosts;
    this.wire.take(b, tcpClose(b.kernel, this.listener));
    if (!lossy) this.wire.rest();
    do this.wire.lose();
    while (this.wire.ring());
  }
}

it('every sequence of calls, losses, copies and reorderings ends with nothing left', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.boolean(), (steps, lossy) => {
      const world = new World();
      world.run('connect', 0);
      for (const { do: what, n } of steps) world.run(what, n);
      world.end(lossy);
      for (const { kernel, log } of world.wire.hosts) {
        const { all, established, bound, ports, records } = kernel.world.sockets;
        expect([all.size, established.size, bound.size, ports.size, records.size]).toEqual([0, 0, 0, 0, 0]);
        for (const e of log) if (e.kind === 'state') expect(NEXT[e.from]).toContain(e.to);
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);

it('bytes arrive once and in order over a wire that loses, copies and reorders', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ do: fc.constantFrom('lose', 'copy', 'deliver', 'ring'), n: fc.nat(20) }), { maxLength: 60 }),
      (steps) => {
        const world = new World();
        const { wire } = world;
        const [a, b] = wire.hosts;
        world.run('connect', 0);
        wire.settle();
        world.run('accept', 0);
        const [client, server] = world.apps;
        const bytes = Uint8Array.from({ length: 9000 }, (_, i) => i * 31 + (i >> 8));
        wire.take(a, tcpSendmsg(a.kernel, client!.sk, bytes));
        for (const { do: what, n } of steps) world.run(what, n);
        wire.rest();
        expect(b.received(server!.sk)).toEqual(bytes);
      },
    ),
    { numRuns: 30 },
  );
}, 120_000);
