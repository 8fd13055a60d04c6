/** Scenario files that mean no good: they end, soon, and it is said why. */
import { describe, expect, test } from 'vitest';
import { bpflab, inTemp } from './harness.ts';

const NODE = `bpflab: 1
name: hostile
node:
  sysctls: { net.ipv4.ip_forward: 1 }
  devices:
    - { name: eth0, addresses: [192.0.2.1/24] }
    - { name: lxc0, peer: pod/eth0, addresses: [10.0.0.1/24] }
  routes: [{ to: 198.51.100.0/24, via: 10.0.0.2 }]
  sockets:
    - { name: a, proto: udp, addr: 192.0.2.1, port: 7, serve: echo }
  namespaces:
    pod:
      sysctls: { net.ipv4.ip_forward: 1 }
      devices: [{ name: eth0, addresses: [10.0.0.2/24] }]
      routes: [{ to: default, via: 10.0.0.1 }]
`;
const PACKET = `  - packet: { in: eth0, ipv4: { src: 192.0.2.9, dst: 192.0.2.1 }, udp: { sport: 1, dport: 2 } }
`;
const run = (rest: string, files: Record<string, string> = {}, node = NODE) =>
  inTemp({ 'hostile.yaml': node + rest, ...files }, async (at) => {
    const { status, out, err } = await bpflab(['test', at('hostile.yaml'), '-v']);
    return { status, text: `${out}${err}`.replaceAll(at(''), '') };
  });
const attached = (verify = ''): string => `programs:
  - { file: p.bpf, ${verify}attach: [{ prog: prog, hook: tc_ingress, dev: eth0 }] }
`;
const program = (body: string): Record<string, string> => ({
  'p.bpf': `.section license\n.asciz "GPL"\n.section "tc"\nprog:\n${body}\n`,
});

describe('files', () => {
  test.each([
    ['an unknown key', 'steps:\n  - packte: {}\n'],
    ['no such device', 'steps:\n  - packet: { in: eth7, ipv4: {} }\n'],
    ['a count that is too large', `steps:\n  - packet: { in: eth0, ipv4: {}, times: 1000001 }\n`],
    ['a count of packets that is too large', 'steps:\n  - traffic: { in: eth0, packets: 1e12, ipv4: {} }\n'],
    ['a time that is too long', 'steps:\n  - advance: 366d\n'],
    ['an address that is none', 'steps:\n  - packet: { in: eth0, ipv4: { src: 192.0.2.999 } }\n'],
    ['an endpoint that is none', "steps:\n  - connect: { socket: c, to: '192.0.2.1:99999' }\n"],
    ['a file that is not there', 'programs:\n  - { file: nowhere.bpf }\n'],
    ['a socket that is not open', 'steps:\n  - send: { socket: nobody, data: x }\n'],
    ['a command that is none', 'steps:\n  - set: [ip route add nonsense]\n'],
    ['keys of a prototype', 'steps:\n  - { constructor: {}, __proto__: {} }\n'],
  ])('%s', async (_what, rest) => {
    const { status, text } = await run(rest);
    expect(status).toBe(2);
    expect(text).toContain('hostile.yaml');
    expect(text.split('\n').filter((line) => /error:/.test(line))).toMatchSnapshot();
  });

  test('nested without end, or itself inside itself', async () => {
    const deep = await run(`steps: ${'['.repeat(5000)}${']'.repeat(5000)}\n`);
    expect(deep).toMatchObject({ status: 2 });
    const alias = Array.from({ length: 30 }, (_, i) => `  k${i + 1}: &k${i + 1} [*k${i}, *k${i}, *k${i}, *k${i}]`);
    const laughs = await run(`maps:\n  k0: &k0 [x, x]\n${alias.join('\n')}\nsteps: []\n`);
    expect(laughs).toMatchObject({ status: 2 });
  });
});

describe('runs', () => {
  test('a routing loop ends by the time to live', async () => {
    const { status, text } = await run(
      'steps:\n  - packet: { in: eth0, ipv4: { src: 192.0.2.9, dst: 198.51.100.1 }, udp: {} }\n',
    );
    expect(status).toBe(0);
    expect(text).toContain('dropped TTL_EXCEEDED');
  });

  test('a redirect loop', async () => {
    const loop = program('    r1 = 2\n    r2 = BPF_F_INGRESS\n    call bpf_redirect\n    exit');
    const { status, text } = await run(`${attached()}steps:\n${PACKET}`, loop);
    expect(status).toBe(0);
    expect(text).toContain('dropped RECURSION_LIMIT: it was sent on and on without getting anywhere');
  });

  test('a program that never ends: the verifier sees it, and without the verifier the limit of insns does', async () => {
    const endless = program('again:\n    r0 = 0\n    goto again');
    const seen = await run(`${attached()}steps:\n${PACKET}`, endless);
    expect(seen.status).toBe(1);
    expect(seen.text).toContain('the verifier rejects prog');
    const unseen = await run(`${attached('verify: skip, ')}steps:\n${PACKET}`, endless);
    expect(unseen.status).toBe(1);
    expect(unseen.text).toContain('stopped after 10000000 insns without reaching exit');
  }, 120_000);

  test('a program that is no program: a fault is told with its line', async () => {
    const wild = program('    r1 = 12345\n    r0 = *(u64 *)(r1 + 0)\n    exit');
    const { status, text } = await run(`${attached('verify: skip, ')}steps:\n${PACKET}`, wild);
    expect(status).toBe(1);
    expect(text).toContain('p.bpf:6:5: error: 8-byte read at address 0x3039');
  });

  test('applications that answer each other', async () => {
    const { status, text } = await run(`steps:
  - connect: { socket: c, proto: udp, to: '192.0.2.1:7', serve: echo }
  - send: { socket: c, data: x }
`);
    expect(status).toBe(0);
    expect(text).toContain('dropped RECURSION_LIMIT: the node has not come to rest after 50000 stages');
  }, 120_000);
});
