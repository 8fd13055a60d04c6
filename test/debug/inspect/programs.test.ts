/** The programs of the repository, looked at where something happens. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { capture } from '../../../src/debug/inspect/capture.ts';
import { changeLines, diffCaptures } from '../../../src/debug/inspect/changes.ts';
import { ctxLines } from '../../../src/debug/inspect/ctx.ts';
import { frameLines } from '../../../src/debug/inspect/frames.ts';
import { registerRows } from '../../../src/debug/inspect/registers.ts';
import { stackLines } from '../../../src/debug/inspect/stack.ts';
import { worldLines } from '../../../src/debug/inspect/world.ts';
import type { Session } from '../../../src/debug/session/session.ts';
import { fileSession } from '../session/make.ts';
import { goTo, SEGMENT } from './look.ts';

function segment(from: readonly number[], to: readonly number[]): Uint8Array {
  const bytes = SEGMENT.slice();
  bytes.set(from, 26);
  bytes.set(to, 30);
  return bytes;
}

/** What the call at hand changes. */
function call(s: Session): string[] {
  const before = capture(s.view());
  s.go({ kind: 'next', unit: 'insn' });
  return changeLines(diffCaptures(s.view(), before, capture(s.view())));
}

test('programs/node: the router asks for a route', () => {
  const s = fileSession('programs/node/route.bpf', {
    packets: [{ bytes: segment([10, 1, 0, 5], [10, 2, 0, 7]) }],
    node: parse(readFileSync('programs/node/router.yaml', 'utf8')),
    ctx: { ingress_ifindex: 2 },
  });
  goTo(s, 'call bpf_fib_lookup');
  expect(call(s)).toEqual([
    'fp-8 0 -> 0xfe02000000020200',
    'fp-12 (u8) 0 -> 2',
    'fp-32 (u32) 117441034 -> 4267979718',
    'fp-56 (u8) 2 -> 3',
    'fp-58 (u16) 40 -> 1400',
  ]);
  expect(stackLines(s.view())).toEqual([
    'fp-8    00 02 02 00 00 00 02 fe',
    'fp-16   00 00 00 00 02 00 00 00  8589934592',
    'fp-32   c6 33 64 fe 00 00 00 00  4267979718',
    'fp-48   0a 01 00 05 00 00 00 00  83886346',
    'fp-56   03 00 00 00 00 00 00 00  3',
    'fp-64   02 00 00 00 00 00 78 05',
  ]);
  expect(ctxLines(s.view()).slice(1)).toEqual([
    '+0   data             packet',
    '+4   data_end         packet_end',
    '+8   data_meta        packet',
    '+12  ingress_ifindex  2 (eth0)',
    '(1 more fields are zero)',
  ]);
  s.go({ kind: 'continue' });
  expect(worldLines(s.view()).at(-1)).toBe('redirect to eth1 (ifindex 3)');
});

test('programs/conntrack: the firewall makes an entry', () => {
  const s = fileSession('programs/conntrack/firewall.bpf', {
    packets: [{ bytes: segment([10, 0, 1, 5], [10, 0, 0, 2]) }],
  });
  const view = goTo(s, 'call bpf_map_update_elem');
  expect(frameLines(view).map((line) => line.replace(/ at \S+: /, ': '))).toEqual([
    '>#2  462: ct_create4 (insert+7) in firewall_tc: call bpf_map_update_elem#2',
    ' #1  153: firewall_decide+28 in firewall_tc: call ct_create4',
    ' #0  16: firewall_tc+16: call firewall_decide',
  ]);
  expect(
    registerRows(view)
      .slice(1, 4)
      .map(({ pointer }) => [pointer?.base, pointer?.offset, pointer?.note]),
  ).toEqual([
    ['cilium_ct4_global', 0, undefined],
    ['fp', -16, 'of frame 0'],
    ['fp', -56, undefined],
  ]);
  const [r0, entry] = call(s);
  expect(r0).toBe('R0 map cilium_ct4_global -> 0');
  expect(entry).toMatch(
    /^\+ cilium_ct4_global\[\{daddr 10\.0\.1\.5, saddr 10\.0\.0\.2, dport 80, sport 40000, nexthdr 6 \(TCP\)…\] rx_packets 0, rx_bytes 0, tx_packets 1, tx_bytes 54, lifetime 1060, /,
  );
});
