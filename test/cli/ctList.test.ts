import { expect, test } from 'vitest';
import { ctLine } from '../../src/kernel/replay/ctList.ts';
import { parseIpv4 } from '../../src/net/addr.ts';

interface Entry {
  readonly proto: number;
  readonly flags: number;
  readonly source: readonly [string, number];
  readonly target: readonly [string, number];
  readonly rx: readonly [packets: number, bytes: number, flags: number, report: number];
  readonly tx: readonly [packets: number, bytes: number, flags: number, report: number];
  readonly lifetime: number;
  readonly entryFlags: number;
  readonly revNat?: number;
  readonly secId: number;
}

function element(e: Entry) {
  const key = new Uint8Array(14);
  const k = new DataView(key.buffer);
  // Swapped: the tuple's daddr is where the flow came from.
  key.set(parseIpv4(e.source[0])!, 0);
  key.set(parseIpv4(e.target[0])!, 4);
  k.setUint16(8, e.target[1]);
  k.setUint16(10, e.source[1]);
  key[12] = e.proto;
  key[13] = e.flags;
  const value = new Uint8Array(56);
  const v = new DataView(value.buffer);
  [e.rx[0], e.rx[1], e.tx[0], e.tx[1]].forEach((n, i) => {
    v.setBigUint64(8 * i, BigInt(n), true);
  });
  v.setUint32(32, e.lifetime, true);
  v.setUint16(36, e.entryFlags, true);
  v.setUint16(38, e.revNat ?? 0, false);
  value[42] = e.tx[2];
  value[43] = e.rx[2];
  v.setUint32(44, e.secId, true);
  v.setUint32(48, e.tx[3], true);
  v.setUint32(52, e.rx[3], true);
  return { key, value };
}

const inbound: Entry = {
  proto: 6,
  flags: 1,
  source: ['192.168.139.13', 44808],
  target: ['192.168.64.97', 4240],
  rx: [6, 506, 3, 3553137],
  tx: [4, 347, 3, 3553137],
  lifetime: 3553147,
  entryFlags: 0x13,
  secId: 2,
};

test('prints an entry as Cilium 1.9 does', () => {
  expect(ctLine(element(inbound), true)).toBe(
    'TCP IN 192.168.139.13:44808 -> 192.168.64.97:4240 expires=3553147 RxPackets=6 RxBytes=506 RxFlagsSeen=0x03 ' +
      'LastRxReport=3553137 TxPackets=4 TxBytes=347 TxFlagsSeen=0x03 LastTxReport=3553137 ' +
      'Flags=0x0013 [ RxClosing TxClosing SeenNonSyn ] RevNAT=0 SourceSecurityID=2 IfIndex=0',
  );
});

test('prints the list of a node', () => {
  const out = { ...inbound, flags: 0, rx: [14, 1090, 3, 0], tx: [9, 704, 3, 0], secId: 0 } as const;
  const report = (entry: Entry, expires: number): Entry => {
    const at = expires - 10;
    const [rx, tx] = [entry.rx, entry.tx].map(([packets, bytes, flags]) => [packets, bytes, flags, at] as const);
    return { ...entry, lifetime: expires, rx: rx!, tx: tx! };
  };
  const entries = [
    report({ ...out, source: ['192.168.54.113', 36260], target: ['192.168.198.12', 4240] }, 3553014),
    report({ ...out, source: ['192.168.54.113', 39298], target: ['192.168.245.13', 4240] }, 3553107),
    report(
      { ...inbound, source: ['10.5.224.91', 40356], target: ['192.168.64.195', 6379], rx: [2, 140, 2, 0] },
      3295750,
    ),
  ];
  const [first, second, third] = entries.map((entry) => ctLine(element(entry), true)!);
  const rest =
    'RxPackets=14 RxBytes=1090 RxFlagsSeen=0x03 LastRxReport=AT TxPackets=9 TxBytes=704 TxFlagsSeen=0x03 LastTxReport=AT ' +
    'Flags=0x0013 [ RxClosing TxClosing SeenNonSyn ] RevNAT=0 SourceSecurityID=0 IfIndex=0';
  expect(first).toBe(
    `TCP OUT 192.168.54.113:36260 -> 192.168.198.12:4240 expires=3553014 ${rest.replaceAll('AT ', '3553004 ')}`,
  );
  expect(second).toBe(
    `TCP OUT 192.168.54.113:39298 -> 192.168.245.13:4240 expires=3553107 ${rest.replaceAll('AT ', '3553097 ')}`,
  );
  expect(third).toMatch(
    /^TCP IN 10\.5\.224\.91:40356 -> 192\.168\.64\.195:6379 expires=3295750 RxPackets=2 RxBytes=140 RxFlagsSeen=0x02 /,
  );
});

test('names protocols, directions, related and service entries, and flags beyond the known ones', () => {
  const line = (changes: Partial<Entry>) => ctLine(element({ ...inbound, ...changes }), true)!;
  expect(line({ flags: 0 })).toMatch(/^TCP OUT 192\.168\.139\.13:44808 -> /);
  expect(line({ flags: 4, revNat: 3 })).toMatch(/4240 service expires=.* RevNAT=3 /);
  expect(line({ proto: 1, flags: 3 })).toMatch(/^ICMP IN .* related expires=/);
  expect(line({ proto: 47 })).toMatch(/^47 IN /);
  expect(line({ proto: 17, entryFlags: 0 })).toMatch(/^UDP .*Flags=0x0000 \[ \] RevNAT/);
  expect(line({ entryFlags: 0x1ff })).toContain(
    'Flags=0x01ff [ RxClosing TxClosing Nat64 LBLoopback SeenNonSyn NodePort ProxyRedirect DSR Unknown=0x0100 ]',
  );
  expect(ctLine(element({ ...inbound, revNat: 3 }), false)).toContain('RevNAT=768 ');
});

test('leaves out what is no entry', () => {
  expect(ctLine(element({ ...inbound, proto: 0 }), true)).toBeUndefined();
  expect(ctLine({ key: new Uint8Array(4), value: new Uint8Array(56) }, true)).toBeUndefined();
});
