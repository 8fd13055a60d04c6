/** Sockets of a node file: read, opened when a kernel is made, and found. */
import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../src/kernel/answer.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { parseNode } from '../../src/kernel/net/file/index.ts';
import { skMember } from '../../src/net/inetSock.ts';
import { problemText } from '../../src/util/problem.ts';

const file = (sockets: unknown): ReturnType<typeof parseNode> =>
  parseNode({ devices: [{ name: 'eth0', addresses: ['192.0.2.1/24'] }], sockets }, 'node.yaml');

const LISTENER = { proto: 'tcp', addr: '192.0.2.1', port: 80 };

describe('sockets of a node file', () => {
  it('are opened in order with what the file says of them', () => {
    const node = file([
      { ...LISTENER, mark: 7, dev: 'eth0' },
      { ...LISTENER, remote: { addr: '198.51.100.7', port: 4711 }, fields: { snd_cwnd: 22 }, accepted: true },
      { ...LISTENER, remote: { addr: '198.51.100.8', port: 4712 }, state: 'syn_recv' },
    ]);
    if (!node.ok) throw new Error(node.problems.map(problemText).join('\n'));
    const made = Kernel.create({ node: node.value });
    if (!made.ok) throw new Error(made.problems.map(problemText).join('\n'));
    const { arena, world } = made.value;
    const [listener, connection, request] = [...world.sockets.all.values()];
    expect(skMember(arena, listener!, 'sock', 'sk_mark')).toBe(7);
    expect(skMember(arena, connection!, 'tcp_sock', 'snd_cwnd')).toBe(22);
    expect(skMember(arena, request!, 'sock_common', 'skc_listener')).toBe(listener);
  });

  it('say what is wrong with them, and where', () => {
    const node = file([
      { proto: 'sctp', addr: '192.0.2.300', port: 0 },
      { ...LISTENER, dev: 'eth9' },
    ]);
    const texts = node.ok ? [] : node.problems.map(problemText);
    for (const path of ['sockets[0].proto', 'sockets[0].addr', 'sockets[0].port', 'sockets[1].dev']) {
      expect(texts.some((t) => t.includes(path))).toBe(true);
    }
  });

  it('refuse a kernel where the kernel would refuse the socket', () => {
    const node = file([LISTENER, LISTENER]);
    const made = node.ok ? Kernel.create({ node: node.value }) : node;
    expect(made.ok ? '' : made.problems.map(problemText).join()).toContain('EADDRINUSE');
  });
});

/** Whether a TCP socket binds to an IPv6 address after these commands: what the kernel answered. */
const BINDS: readonly (readonly [verdict: string, commands: readonly string[]])[] = [
  ['accept', []],
  ['accept', ['ip link set d0 up']],
  ['accept', ['sysctl -w net.ipv6.conf.d0.keep_addr_on_down=1']],
  ['EADDRNOTAVAIL', ['ip link set d0 up', 'ip link set d0 down']],
  ['EADDRNOTAVAIL', ['sysctl -w net.ipv6.conf.d0.keep_addr_on_down=1', 'ip link set d0 up', 'ip link set d0 down']],
  [
    'accept',
    [
      'sysctl -w net.ipv6.conf.d0.keep_addr_on_down=1',
      'ip link set d0 up',
      'ip link set d0 down',
      'ip link set d0 up',
      'sleep 0.1',
    ],
  ],
];

describe('binding to an IPv6 address of a device that went down', () => {
  it.each(BINDS)('%s after %j', (verdict, commands) => {
    const answer = answerRequest({
      setup: ['ip link add d0 type dummy', 'ip addr add 2001:db8::1/64 dev d0', ...commands],
      listen: [{ proto: 'tcp', addr: '2001:db8::1', port: 80 }],
    });
    expect(answer.errname ?? answer.verdict).toBe(verdict);
  });
});
