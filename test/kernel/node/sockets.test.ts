/** Programs around sockets: cgroups, sk_lookup, sockets chosen at tc, connect(2), functions of the kernel. */
import { describe, expect, test } from 'vitest';
import { type Attached, path, play, tc } from './make.ts';

const NODE = {
  cgroups: ['/pods', '/pods/a'],
  devices: [{ name: 'lxc0', peer: 'pod/eth0', mac: '02:00:00:00:00:02', addresses: ['10.0.0.1/24'] }],
  sockets: [
    { name: 'web', proto: 'tcp', addr: '10.0.0.1', port: 80, serve: { reply: 'hello' } },
    { name: 'log', proto: 'udp', addr: '10.0.0.1', port: 514, cgroup: '/pods/a' },
    { name: 'other', proto: 'udp', addr: '10.0.0.1', port: 515 },
    { name: 'alt', proto: 'tcp', addr: '10.0.0.1', port: 8080, serve: { reply: 'elsewhere' } },
  ],
  namespaces: { pod: { devices: [{ name: 'eth0', mac: '02:00:00:00:00:0a', addresses: ['10.0.0.2/24'] }] } },
};
const at = (hook: string, body: string, where: Record<string, unknown> = {}, section = hook): Attached => ({
  text: `.section "${section}"\nprog:\n${body}\n    exit\n`,
  attach: [{ prog: 'prog', hook, ...where }],
});
const connect = (more: Record<string, unknown> = {}) => ({
  connect: { socket: 'c', netns: 'pod', to: '10.0.0.1:80', from: ':4000', ...more },
});
const ask = (port: number) => [
  { connect: { socket: 'c', netns: 'pod', proto: 'udp', to: `10.0.0.1:${port}`, from: ':4000' } },
  { send: { socket: 'c', data: 'line' } },
];
const programsOf = (lines: readonly string[]): string[] => lines.filter((l) => / (prog|a|b): /.test(l));

describe('cgroup_skb', () => {
  const ingress = (verdict: number, cgroup: string): Attached =>
    at('cgroup_inet_ingress', `    r0 = ${verdict}`, { cgroup }, 'cgroup_skb/ingress');

  test("ingress: the socket's cgroup, then those above it", () => {
    const programs = [ingress(1, '/'), ingress(0, '/pods'), ingress(1, '/pods/a')];
    const { steps } = play({ node: NODE, programs, steps: ask(514) });
    expect(steps[1]!.path.slice(-5)).toMatchInlineSnapshot(`
      [
        "host route: 10.0.0.1 is local",
        "host cgroup_inet_ingress prog: 1",
        "host cgroup_inet_ingress prog: 0",
        "host cgroup_inet_ingress prog: 1",
        "lxc0 dropped SOCKET_FILTER: a program of the socket or its cgroup said so",
      ]
    `);
    expect(steps[1]!.received).toEqual({});
  });

  test('ingress: those of another cgroup have no say', () => {
    const { steps } = play({ node: NODE, programs: [ingress(0, '/pods')], steps: ask(515) });
    expect(steps[1]!.received).toEqual({ other: 'line' });
    expect(programsOf(steps[1]!.path)).toEqual([]);
  });

  test('egress: the packet begins with its IP header', () => {
    const seen = '    r0 = *(u32 *)(r1 + __sk_buff.len)\n    r0 &= 1';
    const { steps } = play({
      node: NODE,
      programs: [at('cgroup_inet_egress', seen, { cgroup: '/' }, 'cgroup_skb/egress')],
      steps: [...ask(515), { send: { socket: 'c', data: 'xyz' } }],
    });
    expect(steps[1]!.drops).toEqual(['BPF_CGROUP_EGRESS']);
    expect(steps[2]!.received).toEqual({ other: 'xyz' });
  });
});

test('connect4 sends a connection elsewhere, or refuses it', () => {
  const to = (port: number, allowed: number): Attached =>
    at(
      'cgroup_inet4_connect',
      `    *(u32 *)(r1 + bpf_sock_addr.user_port) = htons(${port})\n    r0 = ${allowed}`,
      { cgroup: '/' },
      'cgroup/connect4',
    );
  const { steps } = play({
    node: NODE,
    programs: [to(8080, 1)],
    steps: [connect(), { send: { socket: 'c', data: 'GET' } }],
  });
  expect(steps[1]!.received).toEqual({ 'alt#1': 'GET', c: 'elsewhere' });
  expect(play({ node: NODE, programs: [to(80, 0)], steps: [connect()] }).steps[0]!.result).toBe('EPERM');
});

describe('sk_lookup', () => {
  const LOOKUP = `
.map sockets, type=sockmap, key=u32, value=u64, max_entries=4
.section "sk_lookup"
`;
  const choose = (name: string, body: string): Attached => ({
    text: `${LOOKUP}${name}:\n${body}\n    exit\n`,
    attach: [{ prog: name, hook: 'sk_lookup' }],
  });

  test('drops', () => {
    const { steps } = play({ node: NODE, programs: [choose('prog', '    r0 = SK_DROP')], steps: [...ask(515)] });
    expect(steps[1]!.path.slice(-3)).toMatchInlineSnapshot(`
      [
        "host route: 10.0.0.1 is local",
        "host sk_lookup prog: SK_DROP",
        "host dropped NO_SOCKET: a sk_lookup program said so",
      ]
    `);
  });

  test('passes to whom the tables have; connections are not asked about', () => {
    const { steps } = play({
      node: NODE,
      programs: [choose('prog', '    r0 = SK_PASS')],
      steps: [connect(), { send: { socket: 'c', data: 'GET' } }],
    });
    expect(steps.map((s) => programsOf(s.path).length)).toEqual([1, 0]);
    expect(steps[1]!.received).toEqual({ 'web#1': 'GET', c: 'hello' });
  });

  test('sees both ends', () => {
    const seen = `    r0 = SK_DROP
    r2 = *(u32 *)(r1 + bpf_sk_lookup.local_port)
    if r2 != 515 goto out
    r2 = *(u32 *)(r1 + bpf_sk_lookup.remote_ip4)
    if r2 != htonl(0x0a000002) goto out
    r2 = *(u16 *)(r1 + bpf_sk_lookup.remote_port)
    if r2 != htons(4000) goto out
    r2 = *(u32 *)(r1 + bpf_sk_lookup.protocol)
    if r2 != IPPROTO_UDP goto out
    r0 = SK_PASS
out:`;
    expect(play({ node: NODE, programs: [choose('prog', seen)], steps: ask(515) }).steps[1]!.received).toEqual({
      other: 'line',
    });
  });
});

/** Looks up the listener at port 8080 and assigns it to what came for another port. */
const ASSIGN = tc(`    r6 = r1
    *(u32 *)(r10 - 12) = 0
    *(u32 *)(r10 - 8) = htonl(0x0a000001)
    *(u16 *)(r10 - 4) = 0
    *(u16 *)(r10 - 2) = htons(8080)
    r2 = r10
    r2 += -12
    r3 = 12
    r4 = -1
    r5 = 0
    call bpf_skc_lookup_tcp
    if r0 == 0 goto out
    r7 = r0
    r1 = r6
    r2 = r7
    r3 = 0
    call bpf_sk_assign
    r8 = r0
    r1 = r7
    call bpf_sk_release
    if r8 == 0 goto out
    r0 = TC_ACT_SHOT
    exit
out:
    r0 = TC_ACT_OK`);

// The listener gets every packet of the connection that way, and an ACK is nothing to a listener: programs that do this
// look for a connection first.
test('bpf_sk_assign at tc: the socket that a program chose gets the SYN', () => {
  const programs = [{ text: ASSIGN, attach: [{ prog: 'prog', hook: 'tc_ingress', dev: 'lxc0' }] }];
  const { steps } = play({ node: NODE, programs, steps: [connect({ to: '10.0.0.1:9999' })] });
  expect(steps[0]!.path.filter((l) => /host (alt|web|kernel|socket)/.test(l))).toMatchInlineSnapshot(`
    [
      "host alt gets it",
      "host alt sends: IP 10.0.0.1.9999 > 10.0.0.2.4000: Flags [S.], seq 2443163372, ack 1176846468, win 64240, options [mss 1460,sackOK,TS val 1000000 ecr 1000000,nop,wscale 7], length 0",
      "host kernel sends: IP 10.0.0.1.9999 > 10.0.0.2.4000: Flags [R], seq 2443163373, win 0, length 0",
    ]
  `);
});

test('fentry and fexit of bpf_sk_storage_free: a socket goes', () => {
  const traced = (hook: string): Attached => ({
    text: `.section "${hook}/bpf_sk_storage_free"\nprog:\n    r0 = 0\n    exit\n`,
    attach: [{ prog: 'prog', hook }],
  });
  for (const hook of ['fentry', 'fexit']) {
    const { steps } = play({ node: NODE, programs: [traced(hook)], steps: [{ close: 'other' }] });
    expect(steps[0]!.path).toEqual([`host ${hook} prog: 0`]);
  }
  expect(path({ node: NODE, programs: [traced('fentry')], steps: [{ advance: '1s' }] })).toEqual([]);
});
