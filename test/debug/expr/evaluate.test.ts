import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { builtinBtf } from '../../../src/btf/builtin.ts';
import { checkNames, evaluate, formatValue, parseExpr, place } from '../../../src/debug/expr/index.ts';
import type { Session } from '../../../src/debug/session/session.ts';
import { MAP } from '../../../src/maps/object.ts';
import { mapLookup } from '../../../src/maps/ops.ts';
import { userUpdate } from '../../../src/maps/user.ts';
import { problemText } from '../../../src/util/problem.ts';
import { need, sessionOf } from '../session/make.ts';
import { demoSession, parsed, shown, valueAt } from './make.ts';

/** Goes on to the `nth` call of a helper. */
function toCall(s: Session, helper: string, nth = 1): Session {
  const { number } = need(s.breakpoints.add({ place: need(s.place(`call ${helper}`)), hits: `${nth}` }));
  s.go({ kind: 'continue' });
  s.breakpoints.remove(number);
  return s;
}

/** At the first update of conntrack: the service entry of the first packet, a SYN from a pod to 10.96.0.80:80. */
const atUpdate = toCall(demoSession(), 'bpf_map_update_elem').view();
const at = (text: string): string => shown(atUpdate, text);

describe('the moment and its registers', () => {
  test('registers and their halves, of each frame', () => {
    const s = sessionOf('r1 = 0x1122334455667788 ll\ncall f\nr0 = 0\nexit\nf:\nr1 = -1\nr0 = r1\nexit\n');
    s.go({ kind: 'step', unit: 'insn', count: 3 });
    expect(shown(s.view(), 'r1')).toBe('0xffffffffffffffff (-1)');
    expect(shown(s.view(), 'w1 == 0xffffffff')).toBe('1');
    expect(shown(s.view(0), 'r1 == 0x1122334455667788')).toBe('1');
    expect(shown(s.view(0), 'w1 == 0x55667788')).toBe('1');
    expect(shown(s.view(), 'depth')).toBe('1');
    expect(shown(s.view(0), 'depth')).toBe('0');
    expect(shown(s.view(), 'pc')).toBe('6');
    expect(shown(s.view(0), 'pc')).toBe('2');
    expect(shown(s.view(), 'insns')).toBe('3');
    expect(shown(s.view(), 'tick')).toBe('4');
    expect(shown(s.view(), 'fp - $r10')).toBe('0');
    expect(shown(s.view(0), 'fp')).not.toBe(shown(s.view(), 'fp'));
  });

  test('between packets there are no registers and no packet', () => {
    const s = sessionOf('r0 = 2\nexit\n');
    s.go({ kind: 'continue' });
    expect(shown(s.view(), 'r1')).toBe('1: r1 is not known: nothing runs now');
    expect(shown(s.view(), 'pc == 1')).toBe('1: pc is not known: nothing runs now');
    expect(shown(s.view(), 'ctx.mark')).toBe('1: nothing that runs now has a context');
    expect(shown(s.view(), 'pkt[0]')).toBe('absent');
    expect(shown(s.view(), 'pkt.len')).toBe('absent');
    expect(shown(s.view(), 'ipv4.src == 10.0.0.1')).toBe('0');
    expect(shown(s.view(), 'clock')).toMatch(/^\d+/);
  });

  test('constants of the kernel', () => {
    expect(at('ETH_P_IP')).toBe('2048');
    expect(at('BPF_ANY + XDP_DROP')).toBe('1');
    expect(at('ETH_P_IPP')).toBe("1: unknown name 'ETH_P_IPP'");
    const bad = evaluate(parsed('ETH_P_IPP'), atUpdate);
    expect(bad.ok ? '' : bad.problems[0]!.args.help).toBe('did you mean ETH_P_IP?');
  });
});

describe('the packet', () => {
  test('bytes in network order', () => {
    expect(at('pkt[12:2] == 0x0800')).toBe('1');
    expect(at('pkt[12:2] == ETH_P_IP && pkt[23] == IPPROTO_TCP')).toBe('1');
    expect(at('pkt[26:4] == 10.0.1.10')).toBe('1');
    expect(at('pkt[26:4]')).toBe('167772426 (0xa00010a)');
    expect(at('pkt[0:12]')).toBe('02 00 00 00 01 01 02 00 00 00 00 10');
    expect(at('pkt[0:6] == 02:00:00:00:01:01')).toBe('1');
    expect(at('pkt[14:20][9]')).toBe('6');
    expect(at('pkt[14:20][2:2]')).toBe('40');
    expect(at('pkt.len')).toBe('54');
    expect(at('len(pkt)')).toBe('54');
    expect(at('*(be16 *)(pkt.data + 12)')).toBe('2048');
    expect(at('*(u16 *)(pkt.data + 12)')).toBe('8');
  });

  test('what is beyond its end is absent', () => {
    expect(at('pkt[54]')).toBe('absent');
    expect(at('pkt[53:2]')).toBe('absent');
    expect(at('pkt[-1]')).toBe('absent');
    expect(at('pkt[100:2] == 0 || pkt[100] != 0')).toBe('1');
    expect(at('pkt[0:0]')).toBe('7: size 0 is out of range: 1 to 65536');
    expect(at('pkt[0:100000]')).toBe('7: size 100000 is out of range: 1 to 65536');
  });

  test('fields by the names of the headers', () => {
    expect(at('ipv4.src')).toBe('10.0.1.10');
    expect(at('ipv4.src == 10.0.1.10 && ipv4.dst != 10.0.1.10')).toBe('1');
    expect(at('(ipv4.src & 0xffffff00) == 10.0.1.0')).toBe('1');
    expect(at('eth.src')).toBe('02:00:00:00:00:10');
    expect(at('eth.type')).toBe('0x0800');
    expect(at('tcp.sport')).toBe('40000');
    expect(at('tcp.flags')).toBe('S');
    expect(at('tcp.flags & 2')).toBe('2');
    expect(at('ipv4.ihl * 4')).toBe('20');
    expect(at('ipv4.flags')).toBe('DF');
    expect(at('tcp && !udp')).toBe('1');
    expect(at('udp.dport')).toBe('absent');
    expect(at('ipv4#2.src')).toBe('absent');
    expect(at('ipv4.srcc')).toBe('1: ipv4 has no field srcc');
    expect(at('tcp[0]')).toBe('1: tcp cannot be indexed');
  });

  test('IPv6', () => {
    const s = demoSession();
    need(s.breakpoints.add({ place: { kind: 'packet' }, condition: 'ipv6' }));
    s.go({ kind: 'continue' });
    const src = shown(s.view(), 'ipv6.src');
    expect(src).toMatch(/^[0-9a-f:]+$/);
    expect(shown(s.view(), `ipv6.src == [${src}]`)).toBe('1');
    expect(shown(s.view(), `ipv6.src == [${src.replace(/.$/, 'f')}]`)).toBe('0');
    expect(shown(s.view(), 'len(ipv6.src)')).toBe('16');
  });
});

describe('the context', () => {
  test('fields, arrays, pointers to it', () => {
    const TEXT = `
.section "tc"
main:
  r6 = r1
  *(u32 *)(r1 + __sk_buff.mark) = 77
  *(u32 *)(r1 + __sk_buff.cb + 4) = 5
  r0 = 0
  exit
`;
    const s = sessionOf(TEXT);
    s.go({ kind: 'step', unit: 'insn', count: 3 });
    const of = (text: string) => shown(s.view(), text);
    expect(of('ctx.mark')).toBe('77');
    expect(of('ctx.cb[1]')).toBe('5');
    expect(of('ctx.cb')).toBe('00 00 00 00 05 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00');
    expect(of('ctx.cb[5]')).toBe('8: index 5 is out of range: 0 to 4');
    expect(of('r6->mark')).toBe('77');
    expect(of('((struct __sk_buff *)r6)->mark')).toBe('77');
    expect(of('*(u32 *)(r6 + 8)')).toBe('77');
    expect(of('ctx.protocol == be16(ETH_P_IP)')).toMatch(/^[01]$/);
    expect(of('ctx.marc')).toBe('1: struct __sk_buff has no field marc');
    expect(of('ctx.data_end - ctx.data == pkt.len')).toBe('1');
    expect(place(parsed('ctx.mark'), s.view())).toMatchObject({ kind: 'ctx', size: 4, field: '__sk_buff.mark' });
    expect(place(parsed('*(u32 *)(r6 + 8)'), s.view())).toMatchObject({ kind: 'ctx', size: 4 });
    expect(of('*(u64 *)(r6 + 2)')).toBe('1: sched_cls programs cannot read these 8 bytes of __sk_buff');
  });
});

describe('memory', () => {
  test('through casts, slices, typed pointers', () => {
    expect(at('*(struct ipv4_ct_tuple *)r2')).toBe(
      '{daddr 10.96.0.80, saddr 10.0.1.10, dport 40000, sport 80, nexthdr 6 (TCP), flags 4}',
    );
    expect(at('((struct ipv4_ct_tuple *)r2)->daddr == 10.96.0.80')).toBe('1');
    expect(at('(*(struct ipv4_ct_tuple *)r2).sport')).toBe('80');
    expect(at('((struct ct_entry *)r3)->lifetime')).toBe('1060');
    expect(at('((ct_entry *)r3)->lifetime == *(u32 *)(r3 + 32)')).toBe('1');
    expect(at('r3[32:4]')).toBe('1060');
    expect(at('mem[r2:4]')).toBe('0a 60 00 50');
    expect(at('mem[r2:4] == 10.96.0.80')).toBe('1');
    expect(at('len(mem[r2:14])')).toBe('14');
    expect(at('((be16 *)(r2 + 8))[1]')).toBe('80');
    expect(at('*(s8 *)(r2 + 12) s> -1')).toBe('1');
    expect(at('fp[-8:8] == *(u64 *)(fp-8)')).toBe('1');
  });

  test('what cannot be read is told', () => {
    expect(at('*(u32 *)0')).toBe('1: 4-byte read at 0x0: a NULL pointer');
    expect(at('1 + *(u32 *)0x7fffffff')).toBe('5: 4-byte read at 0x7fffffff: nothing is there');
    expect(at('*(u64 *)-1')).toBe('1: 8-byte read at an address beyond 2^32: nothing is there');
    expect(at('*(struct ct_entri *)r2')).toBe("2: unknown type 'struct ct_entri'");
    expect(at('*r2')).toBe('2: a number is no pointer to a known type');
    expect(at('r2->daddr')).toBe('1: r2 has no members');
    expect(at('((struct ct_entry *)r3)->lifetim')).toBe('1: struct ct_entry has no field lifetim');
    expect(at('((u32 *)r3)->x')).toBe('1: this has no members');
    expect(at('mem[0:8]')).toBe('1: 8-byte read at 0x0: a NULL pointer');
    expect(at('{a: 1}')).toBe('1: a value in braces is only for keys of maps: MAP[{field: value}]');
  });
});

describe('maps', () => {
  const service = 'cilium_lb4_services_v2[{address: 10.96.0.80, dport: 80}]';

  test('keys: records, numbers, bytes, expressions', () => {
    expect(at(service)).toBe('{backend_id 0, count 1, rev_nat_index 1, flags 0, flags2 0}');
    expect(at(`${service}.count`)).toBe('1');
    expect(at('cilium_lb4_services_v2[hex:0a6000500050000000000000].count')).toBe('1');
    expect(at('cilium_lb4_services_v2[{address: 10.96.0.80, dport: 40 * 2, backend_slot: 1}].backend_id')).toBe('2');
    expect(at('cilium_lb4_backends[2]')).toBe('{address 10.0.2.30, port 8080, proto 0, flags 0}');
    expect(at('cilium_lb4_backends[2].address == 10.0.2.30')).toBe('1');
    expect(at('cilium_lb4_backends[2][4:2]')).toBe('36895');
    expect(at('cilium_lxc[{ip4: 10.0.1.10, family: 1}].mac == 02:00:00:00:00:10')).toBe('1');
    expect(at('cilium_lxc[{ip4: 10.0.1.10, family: 1}].mac[5]')).toBe('16');
    expect(at('cilium_ipcache[{prefixlen: 64, family: 1, ip4: ipv4.src}].sec_label')).toBe('1010');
    expect(at('cilium_ct4_global[*(struct ipv4_ct_tuple *)r2]')).toBe('absent');
    expect(at('cilium_ct4_global[mem[r2:14]].lifetime')).toBe('absent');
    expect(at('"cilium_lb4_backends"[2].port')).toBe('8080');
  });

  test('elements that are not there', () => {
    expect(at('cilium_lb4_backends[99] == absent')).toBe('1');
    expect(at('cilium_lb4_backends[2] == absent')).toBe('0');
    expect(at('cilium_lb4_backends[99].port > 0')).toBe('0');
    expect(at('cilium_lb4_backends[99].port')).toBe('absent');
    expect(at('cilium_lb4_backends[udp.dport]')).toBe('absent');
    expect(at('cilium_lb4_services_v2[{address: ipv4#2.src}]')).toBe('absent');
  });

  test('bad keys and maps', () => {
    expect(at('cilium_lb4_backends[70000]')).toBe('21: key of cilium_lb4_backends: 70000 does not fit into 2 bytes');
    expect(at('cilium_lb4_services_v2[5]')).toBe(
      '24: key of cilium_lb4_services_v2: it has 12 bytes; write {field: value, …}, hex:00… or mem[addr:12]',
    );
    expect(at('cilium_lb4_services_v2[hex:00]')).toBe(
      '24: key of cilium_lb4_services_v2: 1 bytes are given, key_size is 12',
    );
    expect(at('cilium_lb4_services_v2[{addres: 1}]')).toBe(
      '24: key of cilium_lb4_services_v2: struct lb4_key has no member addres; did you mean address?',
    );
    expect(at('cilium_events[0]')).toBe('1: perf_event_array maps such as cilium_events have no elements to look up');
    expect(at('cilium_lb4_backend[1]')).toBe("1: unknown name 'cilium_lb4_backend'");
    expect(at('"nomap"[1]')).toBe('1: no map is called nomap');
    expect(at('cilium_lb4_backends + 1')).toBe('1: map cilium_lb4_backends is no number');
    expect(at('cilium_lb4_backends[1]@0')).toBe('1: cilium_lb4_backends has one value for all CPUs');
    expect(at('r1@0')).toBe('1: @ wants an element of a per-CPU map before it: MAP[key]@2');
  });

  test('a map as a whole', () => {
    expect(at('cilium_lb4_backends')).toBe('map cilium_lb4_backends (hash)');
    expect(at('len(cilium_lb4_backends)')).toBe('3');
    expect(at('cilium_lb4_backends == cilium_lb4_backends')).toBe('1');
  });

  test('r0 that points into a value has its type', () => {
    const s = toCall(demoSession(), 'bpf_map_lookup_elem', 5);
    for (let i = 0; i < 40; i++) {
      s.go({ kind: 'step', unit: 'insn' });
      const value = evaluate(parsed('r0->tx_packets'), s.view());
      if (value.ok && value.value.kind === 'number') break;
      toCall(s, 'bpf_map_lookup_elem');
    }
    const at0 = place(parsed('r0->tx_packets'), s.view());
    expect(at0).toMatchObject({ kind: 'memory', size: 8, at: Number(s.view().machine!.register(0)) + 16 });
    expect(shown(s.view(), 'r0->lifetime == *(u32 *)(r0 + 32)')).toBe('1');
    expect(shown(s.view(), 'r0->lifetimes')).toBe('1: struct ct_entry has no field lifetimes');
  });

  test('per-CPU values, arrays, maps in maps, sections', () => {
    const TEXT = `
.map percpu, type=percpu_array, key=u32, value=u64, max_entries=2
.map plain, type=array, key=u32, value=8, max_entries=3
.map inner, type=array, key=u32, value=u32, max_entries=2
.map outer, type=array_of_maps, key=u32, value=u32, max_entries=2, inner=inner
.map queue, type=queue, value=8, max_entries=2
.section "xdp"
main:
  *(u32 *)(r10 - 4) = 1
  r1 = percpu ll
  r2 = r10
  r2 += -4
  call bpf_map_lookup_elem
  if r0 == 0 goto out
  *(u64 *)(r0 + 0) = 7
out:
  r0 = 2
  exit
`;
    const s = sessionOf(TEXT, { cpus: 4 });
    s.go({ kind: 'step', unit: 'insn', count: 8 });
    const of = (text: string) => shown(s.view(), text);
    expect(of('percpu[1]')).toBe('7');
    expect(of('percpu[1]@0')).toBe('7');
    expect(of('percpu[1]@2')).toBe('0');
    expect(of('percpu[1]@(cpu + 1)')).toBe('0');
    expect(of('percpu[1]@4')).toBe('11: CPU 4 is out of range: 0 to 3');
    expect(of('percpu[2]')).toBe('absent');
    expect(of('plain[2]')).toBe('[0 0 0 0 0 0 0 0]');
    expect(of('plain[3]')).toBe('absent');
    expect(of('plain[0][2:4]')).toBe('0');
    expect(of('plain[0][6:4]')).toBe('10: byte 6 is out of range: 0 to 7');
    expect(of('len(plain)')).toBe('3');
    expect(of('outer[0]')).toBe('absent');
    expect(of('outer[0][1]')).toBe('absent');
    const { kernel } = s;
    const inner = kernel.map('inner')!.address;
    const value = (v: number) => new Uint8Array(Uint32Array.of(v).buffer);
    expect(userUpdate(kernel.maps, kernel.map('outer')!.address, value(0), value(inner))).toBe(0);
    expect(userUpdate(kernel.maps, inner, value(1), value(99))).toBe(0);
    expect(of('outer[0]')).toBe('map inner (array)');
    expect(of('outer[0][1]')).toBe('99');
    expect(of('outer[1][1]')).toBe('absent');
    expect(of('queue[0]')).toBe('1: queue maps such as queue have no elements to look up');
    expect(place(parsed('percpu[1]@2'), s.view())).toMatchObject({ kind: 'map', map: 'percpu', cpu: 2, size: 8 });
  });
});

describe('places', () => {
  const of = (text: string) => place(parsed(text), atUpdate);

  test('registers, memory, elements', () => {
    expect(of('r3')).toEqual({ kind: 'register', depth: atUpdate.depth, reg: 3, half: false });
    expect(of('w3')).toMatchObject({ kind: 'register', half: true });
    const fp = Number(atUpdate.machine!.register(10));
    expect(of('*(u64 *)(fp-8)')).toEqual({ kind: 'memory', at: fp - 8, size: 8 });
    expect(of('fp[-8:4]')).toEqual({ kind: 'memory', at: fp - 8, size: 4 });
    const pkt = of('pkt');
    expect(pkt).toMatchObject({ kind: 'memory', size: 54 });
    const first = pkt?.kind === 'memory' ? pkt.at : 0;
    expect(of('pkt[12:2]')).toEqual({ kind: 'memory', at: first + 12, size: 2 });
    expect(of('ipv4.src')).toEqual({ kind: 'memory', at: first + 26, size: 4 });
    const port = of('cilium_lb4_backends[2].port');
    expect(port).toMatchObject({
      kind: 'map',
      map: 'cilium_lb4_backends',
      key: Uint8Array.of(2, 0),
      offset: 4,
      size: 2,
    });
    expect(port?.kind === 'map' && port.at).toBeGreaterThan(0);
    expect(of('cilium_lb4_backends[99].port')).toMatchObject({ kind: 'map', offset: 4, size: 2, at: undefined });
  });

  test('what is no storage', () => {
    for (const text of ['r1 + 1', '5', 'ETH_P_IP', 'pc', 'udp.dport', 'nonsense', 'len(pkt)', 'cilium_events[0]']) {
      expect(of(text), text).toBeUndefined();
    }
  });
});

describe('reading changes nothing', () => {
  test('not a byte of memory, not the World', () => {
    const s = toCall(demoSession(), 'bpf_map_update_elem', 30);
    const view = s.view();
    const { arena, world } = view.kernel;
    const before = arena.bytes(0, arena.size);
    const tuple = '{daddr: 10.0.1.10, saddr: 10.0.2.30, dport: 8080, sport: 40000, nexthdr: IPPROTO_TCP}';
    for (const text of [
      `cilium_ct4_global[${tuple}].lifetime`,
      'cilium_lb4_backends[2].port',
      'cilium_lb4_backends[99]',
      'cilium_ipcache[{prefixlen: 64, family: 1, ip4: 10.0.1.10}]',
      'cilium_metrics[{reason: 0, dir: 2}]',
      'len(cilium_ct4_global)',
      'cilium_calls[1]',
      'pkt[12:2] + ctx.data + r1',
    ]) {
      place(parsed(text), view);
      expect(evaluate(parsed(text), view).ok, text).toBe(true);
    }
    expect(valueAt(view, `cilium_ct4_global[${tuple}]`).kind).toBe('typed');
    expect(Buffer.compare(before, arena.bytes(0, arena.size))).toBe(0);
    expect(view.kernel.world).toBe(world);
  });
});

describe('LRU lists', () => {
  test('an element that is looked at is not used, one that a program looks up is', () => {
    const s = sessionOf(`
.map lru, type=lru_hash, key=u32, value=u32, max_entries=4
.section "xdp"
main:
  r0 = 2
  exit
`);
    const { maps, arena } = s.kernel;
    const { address } = s.kernel.map('lru')!;
    expect(userUpdate(maps, address, Uint8Array.of(1, 0, 0, 0), Uint8Array.of(5, 0, 0, 0))).toBe(0);
    const memory = () => arena.bytes(0, arena.size);
    const before = memory();
    expect(shown(s.view(), 'lru[1]')).toBe('5');
    expect(Buffer.compare(before, memory())).toBe(0);
    const key = arena.getU32(address + MAP.scratchKey);
    expect(mapLookup(maps, address, key, 0)).toBeGreaterThan(0);
    expect(Buffer.compare(before, memory())).not.toBe(0);
  });
});

describe('types of the kernel', () => {
  test('behind the context', () => {
    const s = demoSession({ progs: ['tc_main'] }, { kernelBtf: builtinBtf });
    const object = s.view().running!.run.context!.object;
    const of = (text: string) => shown(s.view(), text.replace('SKB', `((struct sk_buff *)${object})`));
    expect(of('SKB->len == ctx.len')).toBe('1');
    expect(of('SKB->pkt_type')).toBe(of('ctx.pkt_type'));
    expect(of('SKB->dev->mtu')).toMatch(/^\d+$/);
    expect(of('(*SKB).data_len')).toBe('0');
    expect(of('*SKB')).toMatch(/^\{.*len 54/);
    expect(of('SKB->nosuch')).toBe('1: struct sk_buff has no field nosuch');
    expect(of('(struct sk_buf *)1')).toBe("1: unknown type 'struct sk_buf'");
    expect(shown(demoSession({ progs: ['tc_main'] }).view(), '(struct sk_buff *)1')).toMatch(/unknown type/);
  });
});

describe('names that mean nothing are found before the first hit', () => {
  const names = (text: string): string => {
    const result = checkNames(parsed(text), atUpdate);
    return result.ok ? 'fine' : problemText(result.problems[0]!);
  };
  test('unknown words, maps, fields', () => {
    expect(names('0 && foo == 1')).toBe("unknown name 'foo'");
    expect(names('0 && nomap[1].x')).toBe("unknown name 'nomap'");
    expect(names('tcp.dports == 1')).toBe('tcp has no field dports');
    expect(names('pkt.length')).toBe('pkt has no field length');
    expect(names('udp.dport == 53 && pkt[900] == 1')).toBe('fine');
    expect(names('cilium_lb4_backends[99].port == ETH_P_IP')).toBe('fine');
    expect(names('r1 ? (*(u32 *)0) : mem[0:4]')).toBe('fine');
  });
});

describe('hostile expressions', () => {
  test('whatever is typed gives a value or a problem', () => {
    const words = [
      'r1',
      'r2',
      'fp',
      'w3',
      'pkt',
      'ctx',
      'mem',
      'ipv4',
      'tcp',
      'cilium_lb4_backends',
      'cilium_lxc',
      'absent',
      'ETH_P_IP',
      '(struct ct_entry *)',
      '(u64 *)',
      '(s8)',
      '.mac',
      '.port',
      '->lifetime',
      '.len',
      '[',
      ']',
      '[0:8]',
      '[-1]',
      '[2]',
      '{ip4: 1}',
      '@0',
      '*',
      '-',
      '!',
      '==',
      '&&',
      '||',
      '+',
      's>>',
      '/',
      '(',
      ')',
      '0',
      '1',
      '0xffffffffffffffff',
      '10.0.0.1',
      'hex:0102',
      '[::1]',
      '02:00:00:00:00:01',
      '?',
      ':',
      'len(',
      'be16(',
      ' ',
    ];
    let valued = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 12 }), (list) => {
        const expr = parseExpr(list.join(''));
        if (!expr.ok) return;
        const value = evaluate(expr.value, atUpdate);
        place(expr.value, atUpdate);
        checkNames(expr.value, atUpdate);
        if (!value.ok) {
          expect(problemText(value.problems[0]!)).not.toMatch(/\{\w+\}/);
          return;
        }
        valued++;
        formatValue(value.value);
        for (const radix of ['x', 'd', 'u', 'o', 't', 'c'] as const) formatValue(value.value, { radix });
      }),
      { numRuns: 6000 },
    );
    expect(valued).toBeGreaterThan(50);
  });
});
