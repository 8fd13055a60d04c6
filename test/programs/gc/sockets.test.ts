/** Conntrack entries that go with their socket: keys stored where entries are made, deleted when the storage is freed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { parseNode } from '../../../src/kernel/net/file/index.ts';
import { freeOwner } from '../../../src/kernel/storage.ts';
import { verifyRequest } from '../../../src/verifier/answer.ts';
import { verify } from '../../../src/verifier/api.ts';
import { rejectedRequest } from '../accepted.ts';
import { requestOf, requestOfText } from '../assembleFile.ts';
import { HOSTS, SERVICES } from '../node.ts';
import { recordOf } from '../rejections.ts';
import { TcpTalk, udp } from '../talk.ts';
import { be16, ends, ip, kernelWith, keysOf, le, runPacket, storage, TC_OK, withAgent } from './world.ts';

const TCP = 'cilium_ct4_global';
const ANY = 'cilium_ct_any4_global';
const KEYS = 'conntrack_map_keys';
const NO_KEY = '00'.repeat(16);
const { client, web2 } = HOSTS;
const TIME_WAIT = {
  proto: 'tcp',
  addr: client.ip,
  port: 9,
  remote: { addr: SERVICES.web.ip, port: 80 },
  state: 'time_wait',
};

/** Both halves over one set of maps, on a node with a socket of each kind. */
function node(): { readonly kernel: Kernel; readonly sockets: readonly number[] } {
  const parsed = parseNode(
    {
      devices: [{ name: 'lxc10', addresses: [`${client.ip}/24`] }],
      sockets: [
        { proto: 'tcp', addr: client.ip, port: 40000, remote: { addr: SERVICES.web.ip, port: 80 } },
        { proto: 'udp', addr: client.ip, port: 5353 },
        TIME_WAIT,
      ],
    },
    'node',
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const text = '.include "sk-keys.bpf"\n.include "sk-storage.bpf"\n';
  const kernel = withAgent(kernelWith(requestOfText(text, 'gc/both.bpf'), parsed.value));
  return { kernel, sockets: [...kernel.world.sockets.all.values()] };
}

const hex = (bytes: readonly number[]): string => Buffer.from(bytes).toString('hex');

/** A key: addresses are reversed, ports as they are. */
function ctKey(from: string, to: string, dport: number, sport: number, proto: number, flags: number): string {
  return hex([...ip(from), ...ip(to), ...be16(dport), ...be16(sport), proto, flags]);
}

/** What the socket keeps: the two keys in their 16 bytes, and which are there. */
const kept = (svc: string, egress: string, set: number): string =>
  `${svc.padEnd(32, '0')}${egress.padEnd(32, '0')}${hex(le(set, 4))}`;

const stored = (kernel: Kernel, sk: number): string | undefined => storage(kernel, KEYS, sk, 36);

/** The program as the kernel would call it: before the storage of a socket is freed. */
function socketGoes(kernel: Kernel, sk: number): void {
  const ctx = Uint8Array.from([...le(sk, 4), 0, 0, 0, 0]);
  const status = kernel.localRun(kernel.prog('sk_storage_free')!, { ctx }).finish();
  expect(status).toMatchObject({ state: 'done', output: { errno: 0, retval: 0 } });
}

const web = (port = 40000): TcpTalk => new TcpTalk({ host: client, port }, SERVICES.web, { host: web2, port: 8080 });

describe('a packet that makes entries stores their keys in its socket', () => {
  it('through a service: both', () => {
    const { kernel, sockets } = node();
    const [sk] = sockets;
    const talk = web();
    const out = runPacket(kernel, 'tc_main', talk.fromClient('S'), sk!);
    expect(out.retval).toBe(TC_OK);
    expect(ends(out.data)).toBe('10.0.1.10:40000 > 10.0.2.30:8080');
    const tables = keysOf(kernel, TCP);
    expect(tables.length).toBe(2);
    const [egress, svc] = [tables.find((k) => k.endsWith('0600'))!, tables.find((k) => k.endsWith('0604'))!];
    expect(egress).toBe(ctKey(client.ip, web2.ip, 8080, 40000, 6, 0));
    expect(stored(kernel, sk!)).toBe(kept(svc, egress, 3));
  });

  it('without a service: the egress entry', () => {
    const { kernel, sockets } = node();
    const [, sk] = sockets;
    const packet = udp({ host: client, port: 5353 }, HOSTS.dns.ip, 53, new Uint8Array(8));
    expect(runPacket(kernel, 'tc_main', packet, sk!).retval).toBe(TC_OK);
    expect(stored(kernel, sk!)).toBe(kept(NO_KEY, ctKey(client.ip, HOSTS.dns.ip, 53, 5353, 17, 0), 2));
  });

  it('later packets store nothing: another socket that sends them stays without', () => {
    const { kernel, sockets } = node();
    const talk = web();
    runPacket(kernel, 'tc_main', talk.fromClient('S'), sockets[0]!);
    const before = stored(kernel, sockets[0]!);
    runPacket(kernel, 'tc_main', talk.fromClient('.'), sockets[1]!);
    expect(stored(kernel, sockets[1]!)).toBeUndefined();
    expect(stored(kernel, sockets[0]!)).toBe(before);
  });

  it('a later connection of the socket takes the place of the former one', () => {
    const { kernel, sockets } = node();
    const [, sk] = sockets;
    runPacket(kernel, 'tc_main', udp({ host: client, port: 5353 }, SERVICES.dns.ip, 53, new Uint8Array(8)), sk!);
    const first = stored(kernel, sk!)!;
    runPacket(kernel, 'tc_main', udp({ host: client, port: 5354 }, SERVICES.dns.ip, 53, new Uint8Array(8)), sk!);
    expect(stored(kernel, sk!)).toBe(first.replaceAll(hex(be16(5353)), hex(be16(5354))));
  });

  it.each([
    ['no socket', () => 0],
    ['half a socket', (sockets: readonly number[]) => sockets[2]!],
  ])('%s: the entries are made all the same', (_what, pick) => {
    const { kernel, sockets } = node();
    expect(runPacket(kernel, 'tc_main', web().fromClient('S'), pick(sockets)).retval).toBe(TC_OK);
    expect(keysOf(kernel, TCP).length).toBe(2);
    for (const sk of sockets) expect(stored(kernel, sk)).toBeUndefined();
  });
});

describe('when the socket goes', () => {
  it('both entries go, and no others; then the storage', () => {
    const { kernel, sockets } = node();
    const [sk, other] = sockets;
    runPacket(kernel, 'tc_main', web().fromClient('S'), sk!);
    const mine = keysOf(kernel, TCP);
    runPacket(kernel, 'tc_main', web(40001).fromClient('S'), other!);
    const related = keysOf(kernel, ANY);
    expect(related.length).toBe(1); // for errors; both connections share it
    socketGoes(kernel, sk!);
    expect(keysOf(kernel, TCP).filter((k) => mine.includes(k))).toEqual([]);
    expect(keysOf(kernel, TCP).length).toBe(2);
    expect(keysOf(kernel, ANY)).toEqual(related);
    freeOwner(kernel, sk!);
    expect(stored(kernel, other!)).toBeDefined();
    expect(stored(kernel, sk!)).toBeUndefined();
  });

  it('UDP entries are in the other table', () => {
    const { kernel, sockets } = node();
    const [, sk] = sockets;
    runPacket(kernel, 'tc_main', udp({ host: client, port: 5353 }, SERVICES.dns.ip, 53, new Uint8Array(8)), sk!);
    expect(keysOf(kernel, ANY).filter((k) => k.slice(24, 26) === '11').length).toBe(2);
    socketGoes(kernel, sk!);
    expect(keysOf(kernel, ANY).filter((k) => k.slice(24, 26) === '11')).toEqual([]);
  });

  it('only what is marked as set is deleted', () => {
    for (const set of [0, 1, 2]) {
      const { kernel, sockets } = node();
      const [sk] = sockets;
      runPacket(kernel, 'tc_main', web().fromClient('S'), sk!);
      const value = Buffer.from(stored(kernel, sk!)!, 'hex');
      value[32] = set;
      const file = kernel.openMap(KEYS);
      if (typeof file === 'number') throw new Error();
      expect(file.update(Uint8Array.from(le(sk!, 4)), new Uint8Array(value))).toBe(0);
      socketGoes(kernel, sk!);
      expect(keysOf(kernel, TCP).map((k) => k.slice(-2))).toEqual([['00', '04'], ['00'], ['04']][set]);
    }
  });

  it('one that keeps nothing changes nothing', () => {
    const { kernel, sockets } = node();
    runPacket(kernel, 'tc_main', web().fromClient('S'), sockets[0]!);
    socketGoes(kernel, sockets[1]!);
    expect(keysOf(kernel, TCP).length).toBe(2);
    expect(stored(kernel, sockets[1]!)).toBeUndefined();
  });
});

describe('the verifier', () => {
  it('refuses the program on bpf_sk_storage_free with the words of the talk', () => {
    const log = readFileSync(new URL('../../recorded/programs/sk-storage.log', import.meta.url), 'utf8');
    expect(log).toContain('\nhelper call is not allowed in probe\n');
    expect(recordOf(verifyRequest(rejectedRequest(), 0))).toBe(log);
  });
  it('would take it without that rule, and takes it on inet_sock_destruct', () => {
    const rule = 'sk-storage-in-storage-free-probe';
    const lifted = verify(rejectedRequest(), { allow: [rule] });
    expect(lifted.ok && lifted.value.map(({ verification: v }) => v.verdict)).toEqual(['accept']);
    const elsewhere = verifyRequest(requestOf('gc/sk-storage.bpf', { GC_AT_DESTRUCT: 1n }), 0);
    expect(elsewhere.verdict).toBe('accept');
  });
});
