import { describe, expect, test } from 'vitest';
import { ctxLines, ctxNow } from '../../../src/debug/inspect/ctx.ts';
import { frameLines } from '../../../src/debug/inspect/frames.ts';
import { decimalText, registerLines, registerRows, snapshotRegisters } from '../../../src/debug/inspect/registers.ts';
import { frameStack, snapshotStack, stackLines } from '../../../src/debug/inspect/stack.ts';
import { goTo, node, standing } from './look.ts';

const TEXT = `
  .section "xdp"
  main:
    r6 = r1
    r7 = *(u32 *)(r1 + xdp_md.data)
    r8 = -2
    r0 = -22
    r9 = 0x1234567890ab ll
    *(u64 *)(r10 - 8) = r7
    *(u32 *)(r10 - 20) = 5
    w5 = -7
  here:
    r8 = 21
    *(u8 *)(r10 - 6) = 1
    *(u32 *)(r10 - 20) = 0
    r1 = r10
    call inner
    r0 = XDP_PASS
    exit
  inner:
    r2 = 7
    *(u64 *)(r10 - 16) = r1
  deep:
    r0 = 0
    exit
`;

describe('registers', () => {
  test('hex, what it points to, numbers in both signs, errnos', () => {
    const lines = registerLines(standing(TEXT).view()).map((l) =>
      l.replace(/0x([4-9a-f]\w{5})\b/, (hex) => 'address'.padEnd(hex.length)),
    );
    expect(lines).toEqual([
      ' R0  0xffffffffffffffea  -22 -EINVAL',
      ' R1  address             ctx',
      ' R2  0x0                 0',
      ' R3  0x0                 0',
      ' R4  0x0                 0',
      ' R5  0xfffffff9          4294967289 (s32 -7)',
      ' R6  address             ctx',
      ' R7  address             packet',
      ' R8  0xfffffffffffffffe  -2',
      ' R9  0x1234567890ab      20015998341291',
      ' R10 address             fp',
    ]);
  });

  test('what changed since', () => {
    const s = standing(TEXT);
    const since = snapshotRegisters(s.view());
    s.go({ kind: 'step', unit: 'insn' });
    const changed = registerRows(s.view(), since).filter((r) => r.before !== undefined);
    expect(changed).toMatchObject([{ index: 8, value: 21n, before: 0xffff_ffff_ffff_fffen }]);
    expect(registerLines(s.view(), since)[8]).toBe('*R8  0x15                21');
  });

  test('of callers', () => {
    const view = goTo(standing(TEXT), 'deep');
    expect(view.depth).toBe(1);
    expect(registerRows(view)[2]!.value).toBe(7n);
    expect(registerRows({ ...view, depth: 0 })[2]!.value).toBe(0n);
  });

  test('none between packets', () => {
    const s = standing(TEXT);
    s.go({ kind: 'finish' });
    expect(registerLines(s.view())).toEqual([]);
    expect(stackLines(s.view())).toEqual([]);
    expect(frameLines(s.view())).toEqual([]);
    expect(ctxLines(s.view())).toEqual(['no context']);
  });

  test.each([
    [0n, '0'],
    [(1n << 64n) - 1n, '-1'],
    [1n << 63n, ''],
    [0xffff_0000n, '4294901760'],
    [0xffff_ffffn, '4294967295 (s32 -1)'],
    [1n << 40n, '1099511627776'],
    [1n << 60n, ''],
  ])('%s in decimal', (value, text) => {
    expect(decimalText(value)).toBe(text);
  });
});

describe('stacks', () => {
  test('slots that hold something', () => {
    const view = standing(TEXT).view();
    const { slots, used } = frameStack(view);
    expect(slots.map(({ offset, value, pointer }) => [offset, pointer?.base ?? value])).toEqual([
      [-8, 'packet'],
      [-24, 0x5_0000_0000n],
    ]);
    expect(used).toBe(20);
    expect(frameStack(view, { all: true }).slots.map((slot) => slot.offset)).toEqual([-8, -16, -24]);
  });

  test('bytes that changed, and slots that became zero', () => {
    const s = standing(TEXT);
    const since = snapshotStack(s.view());
    for (let i = 0; i < 3; i++) s.go({ kind: 'step', unit: 'insn' });
    const [first, second] = frameStack(s.view(), { since }).slots;
    expect(first!.changed).toEqual([false, false, true, false, false, false, false, false]);
    expect(second).toMatchObject({ offset: -24, value: 0n });
    expect(stackLines(s.view(), { since })[1]).toBe('fp-24   00 00 00 00*00 00 00 00  0');
  });

  test('of a callee, with pointers to its caller', () => {
    const view = goTo(standing(TEXT), 'deep');
    expect(stackLines(view)[0]).toMatch(/^fp-16 .* fp of frame 0$/);
    expect(stackLines(view, {}, 0)).toHaveLength(1);
    expect(stackLines(standing('.section "xdp"\n r1 = 0\nhere:\n r0 = 0\n exit').view())).toEqual(['(all zero)']);
  });
});

describe('frames', () => {
  test('functions and places, innermost first', () => {
    const view = goTo(standing(TEXT), 'deep');
    expect(frameLines(view)).toEqual([
      '>#1  18: inner (deep) in main at test.bpf:27: r0 = 0',
      ' #0  13: main (here+4) at test.bpf:20: call inner',
    ]);
  });

  test('callbacks say whose they are', () => {
    const s = standing(`
      .section "xdp"
      .func main(struct xdp_md *ctx) -> int
        r1 = 2
        r2 = body ll
        r3 = 0
        r4 = 0
        call bpf_loop
        r0 = 0
        exit
      .func body(u32 i, void *ctx) -> long static
      here:
        r0 = 0
        exit`);
    expect(frameLines(s.view())[0]).toMatch(
      /^>#1 {2}8: body \(here\) in main \(callback of bpf_loop\) at test.bpf:\d+: r0 = 0$/,
    );
  });
});

describe('contexts', () => {
  test('fields with names and meanings, as loads give them', () => {
    const s = standing('.section "tc"\n r6 = 7\n *(u32 *)(r1 + __sk_buff.mark) = r6\nhere:\n r0 = 0\n exit');
    expect(ctxLines(s.view()).slice(1)).toEqual([
      '+0   len        54',
      '+4   pkt_type   3 (PACKET_OTHERHOST)',
      '+8   mark       7',
      '+16  protocol   8 (network order: 0x0800 IPv4)',
      '+40  ifindex    1 (lo)',
      '+76  data       packet',
      '+80  data_end   packet_end',
      '+140 data_meta  packet',
      '+168 sk         bpf_sock(10.0.0.1:*->10.0.0.2:*)',
      expect.stringMatching(/^\(\d+ more fields are zero\)$/),
    ]);
  });

  test('what a program may not read is not shown, what it may write is marked', () => {
    const rows = ctxNow(standing('.section "socket"\n r6 = 7\nhere:\n r0 = 0\n exit').view())!.rows;
    expect(rows.map((r) => r.name)).not.toContain('data');
    expect(rows.filter((r) => r.writable).map((r) => r.name)).toEqual(['cb']);
  });

  test('addresses, families and ports', () => {
    const s = standing('.section "cgroup/connect4"\n r6 = 7\nhere:\n r0 = 1\n exit', 'here', {
      ctx: { user_ip4: '10.0.0.9', user_port: 0x5000, user_family: 'AF_INET', type: 'SOCK_STREAM' },
      packets: [{ bytes: new Uint8Array() }],
    });
    const shown = Object.fromEntries(ctxNow(s.view())!.rows.map((r) => [r.name, r.text]));
    expect(shown).toMatchObject({
      user_family: '2 (AF_INET)',
      user_ip4: '10.0.0.9',
      type: '1 (SOCK_STREAM)',
      protocol: '6 (tcp)',
    });
    expect(shown.user_port).toMatch(/\(port 80\)$/);
  });

  test('arguments of a traced function are words', () => {
    const s = standing('.section "raw_tp/x"\n r6 = 7\nhere:\n r0 = 0\n exit', 'here', {
      ctx: Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255),
      packets: [{ bytes: new Uint8Array() }],
    });
    const rows = ctxNow(s.view())!.rows;
    expect(rows.map(({ name, text }) => `${name}: ${text}`)).toEqual(['word 0: 5', 'word 1: -1']);
  });
});

test('programs/lb: the frames of a look-up in the connection table', () => {
  const s = node('tc_main');
  s.go({ kind: 'goto', tick: 1151 });
  expect(frameLines(s.view())).toEqual([
    '>#2  343: __ct_lookup (found) in ipv4_to_lxc at programs/conntrack/lookup.bpf:55: r6 = r0',
    ' #1  309: ct_lookup4 (lookup+5) in ipv4_to_lxc at programs/conntrack/lookup.bpf:212: call __ct_lookup',
    ' #0  44: ipv4_to_lxc (known+21) at programs/lb/tc.bpf:522: call ct_lookup4',
  ]);
});
