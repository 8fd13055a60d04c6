import { describe, expect, test } from 'vitest';
import { bpflab, inTemp } from './harness.ts';

/** A TCP SYN from 10.0.0.1:40000 to 10.0.0.2:80. */
const SYN =
  '02000000000102000000000208004500002800010000400600000a0000010a0000029c40005000000001000000005002200000000000';

/** Runs a program of one section; what it says, and its JSON. */
async function run(section: string, code: string, ...args: readonly string[]) {
  return inTemp({ 'p.bpf': `.section "${section}"\nmain:\n${code}\nexit\n` }, async (at) => {
    const ran = await bpflab(['run', at('p.bpf'), ...args]);
    return { ...ran, lines: ran.out.split('\n').map((line) => line.trim()) };
  });
}

describe('programs of every kind of hook', () => {
  test('sk_lookup: a connection by its fields, no packet', async () => {
    const code = 'w2 = *(u32 *)(r1 + bpf_sk_lookup.local_port)\nr0 = 1\nif w2 == 80 goto out\nr0 = 0\nout:';
    const ctx = { family: 'AF_INET', protocol: 'IPPROTO_TCP', remote_ip4: '10.0.0.1', remote_port: 40000 };
    const at = (local_port: number) => run('sk_lookup', code, '--ctx', JSON.stringify({ ...ctx, local_port }));
    expect((await at(80)).lines[0]).toBe(
      '1  SK_PASS  family 2, protocol 6, remote_ip4 10.0.0.1, remote_port 40000, local_port 80',
    );
    expect((await at(81)).lines[0]).toMatch(/^1 {2}SK_DROP/);
    expect((await run('sk_lookup', code)).lines[1]).toBe(
      'the kernel refuses to run the program: Invalid argument (no context is given: --ctx)',
    );
    const packet = await run('sk_lookup', code, '-P', SYN, '--ctx', JSON.stringify(ctx));
    expect(packet.lines[1]).toMatch(/sk_lookup programs take no packet, only a context: --ctx/);
    const device = await run('sk_lookup', code, '--ctx', '{"family": 2, "ingress_ifindex": 1}');
    expect(device.lines[1]).toMatch(/of struct bpf_sk_lookup it takes family, protocol, remote_ip4, .*local_port\)$/);
    expect((await run('sk_lookup', code, '--ctx', '{"famly": 2}')).err).toMatch(
      /no field famly\n.*did you mean family/,
    );
    expect((await run('sk_lookup', code, '--ctx', '{"family": "AF_NONE"}')).err).toMatch(
      /family: 'AF_NONE' is no number, address or constant/,
    );
  });

  test('raw tracepoints and fentry: arguments', async () => {
    const sum = 'r2 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r1 + 8)\nr0 += r2';
    expect((await run('raw_tp/sys_enter', sum, '--ctx', '{"args": [3, 4]}')).lines[0]).toBe('1  7  args [3 4]');
    expect((await run('fentry/tcp_v4_connect', sum, '--ctx', '{"args": [3, 4]}')).lines[0]).toBe('1  7  args [3 4]');
    expect((await run('fentry/tcp_v4_connect', sum)).lines[0]).toBe('1  0');
  });

  test('syscall: bytes that the program may change', async () => {
    const code = 'r2 = *(u32 *)(r1 + 0)\nr2 += 1\n*(u32 *)(r1 + 4) = r2\nr0 = r2';
    const ran = await run('syscall', code, '--ctx', '05000000 00000000');
    expect(ran.lines.slice(0, 2)).toEqual(['1  6  05 00 00 00 00 00 00 00', 'ctx.bytes[4:5] 00 -> 06']);
    expect((await run('syscall', code, '--ctx', '{"a": 1}')).err).toMatch(
      /give the context of syscall programs as bytes/,
    );
  });

  test('a value printed by a type of the kernel, whose BTF is built in', async () => {
    const int = 21;
    const code = `w1 = 4711
      *(u32 *)(r10 - 4) = w1
      r1 = r10
      r1 += -4
      *(u64 *)(r10 - 24) = r1
      r1 = ${int}
      *(u64 *)(r10 - 16) = r1
      r1 = r10
      r1 += -40
      r2 = 16
      r3 = r10
      r3 += -24
      r4 = 16
      r5 = 0
      call bpf_snprintf_btf`;
    expect((await run('raw_tp/sys_enter', code)).lines[0]).toBe(`1  ${'(int)4711\n'.length}`);
  });

  test('cgroup addresses: what the program makes of them', async () => {
    const code = 'w2 = 0x0100007f\n*(u32 *)(r1 + bpf_sock_addr.user_ip4) = w2\nr0 = 1';
    const ran = await run('cgroup/connect4', code, '--ctx', '{"user_ip4": "10.96.0.1", "user_port": 20480}', '--json');
    const [packet] = JSON.parse(ran.out).packets;
    expect(packet).toMatchObject({
      verdict: '1',
      summary: 'user_ip4 10.96.0.1, user_port 20480',
      ctx_changes: [{ field: 'user_ip4', before: '10.96.0.1', after: '127.0.0.1' }],
    });
    expect(packet.ctx_in.slice(8, 16)).toBe('0a600001');
    expect(packet.ctx_out.slice(8, 16)).toBe('7f000001');
  });

  test('fields of another hook are no input', async () => {
    const { status, out, err } = await run('cgroup/connect4', 'r0 = 1', '--ctx', '{"user_ip6": "::1"}');
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(
      /field user_ip6 of bpf_sock_addr cannot be set for a run of a cgroup_sock_addr\/cgroup_inet4_connect/,
    );
  });

  test('tc: the fields of the context, and the kernel only takes some', async () => {
    const code = '*(u32 *)(r1 + __sk_buff.mark) = 7\nr0 = 0';
    const ran = await run('tc', code, '-P', SYN, '--ctx', '{"mark": 5}');
    expect(ran.lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^1 {2}TC_ACT_OK {2}IP 10\.0\.0\.1/),
      'ctx.mark 5 -> 7',
    ]);
    const refused = await run('tc', code, '-P', SYN, '--ctx', '{"len": 5}');
    expect(refused.lines[1]).toMatch(/Invalid argument \(of struct __sk_buff it takes mark, priority, .*hwtstamp\)$/);
  });

  test('netfilter, socket filters, flow dissectors: packets as they see them', async () => {
    const nf = (...args: string[]) => run('netfilter', 'r0 = 1', ...args);
    const ip = await nf('-P', SYN.slice(28));
    const frame = await nf('-P', SYN, '--ctx', '{"hook": "NF_INET_LOCAL_IN", "pf": "NFPROTO_IPV4"}');
    for (const { lines } of [ip, frame]) {
      expect(lines).toEqual([
        '1  NF_ACCEPT  IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 1, win 8192, length 0',
        '',
      ]);
    }
    const filter = await run('socket', 'r0 = *(u32 *)(r1 + __sk_buff.len)', '-P', SYN);
    expect(filter.lines).toEqual([expect.stringMatching(/^1 {2}40 {2}IP/), '']);
    const keys = 'r2 = *(u64 *)(r1 + __sk_buff.flow_keys)\n*(u16 *)(r2 + bpf_flow_keys.thoff) = 34\nr0 = 0';
    const dissected = await run('flow_dissector', keys, '-P', SYN);
    expect(dissected.lines[0]).toMatch(/^1 {2}BPF_OK {2}IP 10\.0\.0\.1/);
    expect(dissected.lines[1]).toMatch(/keys\.thoff 0 -> 34/);
  });
});
