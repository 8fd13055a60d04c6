/** Random programs of one to four helper calls, good and bad arguments mixed, from a seed. */
import { UAPI } from '../../src/spec/constants.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { Random } from '../../test/random.ts';
import { generateOthers } from './others.ts';
import { randomPacket } from './packets.ts';
import { type Call, type Peek, type Program, request } from './program.ts';

type Generator = (r: Random) => readonly Call[];

/** Offsets into packets: in and around headers, past the end, out of range. */
function offset(r: Random): bigint {
  return r.weighted<bigint>([
    [8, () => BigInt(r.below(80))],
    [2, () => BigInt(2 * r.below(60))],
    [1, () => r.pick([0xffffn, 0x10000n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0xfffen])],
    [1, () => BigInt(r.below(300))],
  ]);
}

/** Flags: mostly valid bits, sometimes others. */
function flags(r: Random, valid: number): bigint {
  const good = BigInt(r.next() & valid);
  return r.weighted<bigint>([
    [8, () => good],
    [3, () => 0n],
    [1, () => good | (1n << BigInt(r.below(64)))],
  ]);
}

const size = (r: Random): number => r.pick([1, 2, 4, 6, 8, 14, 20, 40, 64, 100]);
const u32 = (r: Random): bigint => BigInt(r.next());
const u64 = (r: Random): bigint => (BigInt(r.next()) << 32n) | BigInt(r.next());
const input = (r: Random): { in: number } => ({ in: 4 * r.below(64) });
/** Buffers for output: room for 128 bytes each. */
const output = (r: Random): { out: number } => ({ out: 128 * r.below(4) });

const one =
  (id: number, args: (r: Random) => Call['args']): Generator =>
  (r) => [{ id, args: args(r) }];

const csumFlags = (r: Random, valid: number): bigint =>
  r.bool(0.85) ? BigInt(r.pick([0, 2, 4, 2, 4]) | (r.next() & valid)) : flags(r, valid | 15);
/** The fields' old value: of the right size, or none for a difference. */
const before = (r: Random): bigint => r.pick([0n, 0n, u32(r) & 0xffffn, u32(r), u64(r)]);

const room = (r: Random): bigint => {
  const some = r.pick([0, 1, 4, 8, 14, 20, 28, 36, 40, 48, 50, 4095, 4096, 2000, 65536]);
  return BigInt.asUintN(64, BigInt(r.bool(0.6) ? some : -some));
};

const tunnelSize = (r: Random): bigint => BigInt(r.pick([44, 44, 44, 28, 24, 22, 8, 12, 1]));

/** Generators for socket buffers by helper name. */
const SKB_CALLS: Readonly<Record<string, Generator>> = {
  skb_store_bytes: one(9, (r) => ['ctx', offset(r), input(r), BigInt(size(r)), flags(r, 3)]),
  l3_csum_replace: one(10, (r) => ['ctx', offset(r), before(r), u64(r), csumFlags(r, 0)]),
  l4_csum_replace: one(11, (r) => ['ctx', offset(r), before(r), u64(r), csumFlags(r, 0x70)]),
  l4_csum_replace_ipv6: one(11, (r) => ['ctx', offset(r), 0n, u64(r), 0x80n | csumFlags(r, 0x70)]),
  skb_vlan_push: one(18, (r) => ['ctx', r.pick([0x81n, 0xa888n, 0n, 0x8100n]), u64(r)]),
  skb_vlan_pop: one(19, () => ['ctx']),
  skb_load_bytes: one(26, (r) => ['ctx', offset(r), output(r), BigInt(size(r))]),
  skb_load_bytes_relative: one(68, (r) => ['ctx', offset(r), output(r), BigInt(size(r)), r.pick([0n, 1n, 1n, 2n])]),
  csum_diff: one(28, (r) => [
    ...(r.bool(0.2) ? [0n, 0n] : [input(r), BigInt(r.pick([0, 2, 4, 8, 16, 40, 256]))]),
    ...(r.bool(0.2) ? [0n, 0n] : [input(r), BigInt(r.pick([0, 3, 4, 12, 20, 256]))]),
    r.pick([0n, u32(r), u64(r)]),
  ]),
  csum_update: one(40, (r) => ['ctx', u64(r)]),
  csum_level: one(135, (r) => ['ctx', r.pick([0n, 1n, 2n, 3n, 4n, 1n, 0n, 1n << 32n])]),
  skb_set_tunnel_key: one(21, (r) => ['ctx', r.bool(0.7) ? { in: 384 } : input(r), tunnelSize(r), flags(r, 0x1f)]),
  skb_get_tunnel_key: one(20, (r) => ['ctx', output(r), tunnelSize(r), flags(r, 0x11)]),
  skb_tunnel: (r) => {
    const ipv6 = BigInt(r.below(2));
    return [
      { id: 21, args: ['ctx', { in: ipv6 ? 448 : 384 }, tunnelSize(r), flags(r, 0x1e) | ipv6] },
      ...(r.bool(0.5)
        ? [{ id: 30, args: ['ctx', input(r), BigInt(r.pick([4, 8, 16, 64, 252, 5, 3, 256]))] } as const]
        : []),
      { id: 20, args: ['ctx', output(r), tunnelSize(r), r.bool(0.8) ? flags(r, 0x10) | ipv6 : flags(r, 0x11)] },
      { id: 29, args: ['ctx', output(r), BigInt(r.pick([4, 8, 16, 64, 100, 5]))] },
    ];
  },
  skb_set_tunnel_opt: one(30, (r) => ['ctx', input(r), BigInt(r.pick([4, 8, 5, 256]))]),
  skb_get_tunnel_opt: one(29, (r) => ['ctx', output(r), 8n]),
  skb_change_proto: one(31, (r) => ['ctx', r.pick([0x8n, 0xdd86n, 0xdd86n, 0x608n]), flags(r, 0)]),
  skb_change_type: one(32, (r) => ['ctx', BigInt(r.below(6))]),
  skb_change_tail: one(38, (r) => ['ctx', r.pick([offset(r), BigInt(r.below(2000)), 16064n, 16065n]), flags(r, 0)]),
  skb_change_head: one(43, (r) => [
    'ctx',
    r.pick([BigInt(r.below(64)), BigInt(r.below(300)), 14n, 16000n, 16064n, u32(r) >> 1n]),
    flags(r, 0),
  ]),
  skb_pull_data: one(39, (r) => ['ctx', r.pick([0n, offset(r)])]),
  skb_adjust_room: one(50, (r) => ['ctx', room(r), BigInt(r.below(3)), flags(r, 0x1)]),
  skb_adjust_room_encap: one(50, (r) => {
    const l3 = r.pick([2n, 4n, 6n]);
    const l4 = r.pick([0n, 8n, 16n, 24n]);
    const l2 = r.pick([0n, 0x40n | (14n << 56n), 14n << 56n, 0x40n | (13n << 56n), 200n << 56n]);
    return ['ctx', room(r), r.pick([0n, 1n, 1n, 1n]), l3 | l4 | l2 | flags(r, 0x21)];
  }),
  skb_adjust_room_decap: one(50, (r) => [
    'ctx',
    BigInt.asUintN(64, -BigInt(r.pick([0, 4, 8, 20, 28, 40, 48]))),
    BigInt(r.below(2)),
    r.pick([0x80n, 0x100n, 0x180n, 0x20n, 0n]),
  ]),
  set_hash_invalid: one(41, () => ['ctx']),
  set_hash: one(48, (r) => ['ctx', u64(r)]),
  set_hash_get: (r) => [
    { id: 48, args: ['ctx', u64(r)] },
    { id: 34, args: ['ctx'] },
  ],
  redirect: one(23, (r) => [BigInt(r.below(3)), flags(r, 1)]),
  redirect_peer: one(155, (r) => [1n, flags(r, 0)]),
  redirect_neigh: one(152, (r) => [
    1n,
    ...(r.bool(0.3) ? ([0n, 0n] as const) : ([input(r), BigInt(r.pick([20, 24, 8, 19]))] as const)),
    flags(r, 0),
  ]),
  clone_redirect: one(13, (r) => ['ctx', r.pick([1n, 1n, 0n, 77n]), flags(r, 1)]),
  fib_lookup: one(69, (r) => ['ctx', { out: 128 * r.below(3) }, BigInt(r.pick([64, 64, 63, 70])), flags(r, 0x3f)]),
  get_cgroup_classid: one(17, () => ['ctx']),
  skb_cgroup_classid: one(151, () => ['ctx']),
  get_route_realm: one(24, () => ['ctx']),
  get_socket_uid: one(47, () => ['ctx']),
  skb_ecn_set_ce: one(97, () => ['ctx']),
  skb_set_tstamp: one(192, (r) => ['ctx', r.pick([0n, u64(r)]), BigInt(r.below(5))]),
  get_numa_node_id: one(42, () => []),
  get_smp_processor_id: one(8, () => []),
};

function text(r: Random): Uint8Array {
  const pieces = [
    '0',
    '-',
    '+',
    ' ',
    '0x',
    'f',
    '9',
    '12345',
    '18446744073709551615',
    '9223372036854775808',
    'z',
    '777',
    '\n',
    'A',
    '4294967296',
    '\0',
  ];
  let out = r.pick(['', ' ', '-', '  -', '0x', '0']);
  while (out.length < 20) out += r.pick(pieces);
  return new TextEncoder().encode(out);
}

/** Of any prog type; the input map holds texts at 256. */
const COMMON_CALLS: Readonly<Record<string, Generator>> = {
  strtol: one(105, (r) => [
    { in: 256 + 32 * r.below(4) },
    BigInt(1 + r.below(24)),
    r.pick([0n, 8n, 10n, 16n, 2n, 33n, 1n << 40n]),
    { out: 8 * r.below(8) },
  ]),
  strtoul: one(106, (r) => [
    { in: 256 + 32 * r.below(4) },
    BigInt(1 + r.below(24)),
    r.pick([0n, 8n, 10n, 16n, 2n, 33n, 1n << 40n]),
    { out: 8 * r.below(8) },
  ]),
};

const XDP_CALLS: Readonly<Record<string, Generator>> = {
  xdp_adjust_head: one(44, (r) => [
    'ctx',
    BigInt.asUintN(64, BigInt(r.pick([-300, -256, -216, -217, -100, -20, -4, 0, 4, 14, 40, 60, 1000]))),
  ]),
  xdp_adjust_meta: one(54, (r) => [
    'ctx',
    BigInt.asUintN(64, BigInt(r.pick([-300, -256, -252, -216, -100, -32, -8, -4, -3, 0, 4, 8]))),
  ]),
  xdp_adjust_tail: one(65, (r) => [
    'ctx',
    BigInt.asUintN(64, BigInt(r.pick([-2000, -100, -46, -20, -4, 0, 4, 14, 400, 3000, 3400, 3460, 3600]))),
  ]),
  xdp_get_buff_len: one(188, () => ['ctx']),
  xdp_load_bytes: one(189, (r) => ['ctx', offset(r), output(r), BigInt(size(r))]),
  xdp_store_bytes: one(190, (r) => ['ctx', offset(r), input(r), BigInt(size(r))]),
  csum_diff: SKB_CALLS.csum_diff!,
  redirect: one(23, (r) => [BigInt(r.below(3)), flags(r, 0)]),
  fib_lookup: SKB_CALLS.fib_lookup!,
  get_smp_processor_id: one(8, () => []),
};

/** len, pkt_type, protocol, vlan_present, vlan_tci, vlan_proto. */
const SKB_PEEKS: readonly Peek[] = [0, 4, 16, 20, 24, 28].map((off) => ({ off, size: 4 }));

/** The input map: random bytes, texts at 256, tunnel keys at 384 (IPv4) and 448 (IPv6). */
function inputBytes(r: Random): Uint8Array {
  const bytes = r.bytes(512);
  for (let i = 0; i < 4; i++) bytes.set(text(r).subarray(0, 32), 256 + 32 * i);
  for (const [at, ipv6] of [
    [384, false],
    [448, true],
  ] as const) {
    bytes.set([0, 0], at + 22);
    if (!ipv6 || r.bool(0.3)) bytes.fill(0, at + 24, at + 28);
  }
  return bytes;
}

const { BPF_F_TEST_SKB_CHECKSUM_COMPLETE } = UAPI;

/** A context that makes the packet a large segment. */
function gsoContext(r: Random): Uint8Array {
  const ctx = new Uint8Array(184);
  const view = new DataView(ctx.buffer);
  view.setUint32(164, r.below(20), true);
  view.setUint32(176, r.below(1500), true);
  return ctx;
}

/** A program of up to `calls` calls of the named generators. */
function program(r: Random, name: string, xdp: boolean, names: readonly string[]): LoadRequest {
  const table = { ...COMMON_CALLS, ...(xdp ? XDP_CALLS : SKB_CALLS) };
  const calls = names.flatMap((n) => table[n]!(r));
  // Where the network and the link layer headers are now.
  const where: Call[] = xdp
    ? []
    : [1n, 0n].map((start, i) => ({ id: 68, args: ['ctx', 0n, { out: 960 + 16 * i }, 14n, start] }));
  const spec: Program = {
    name,
    progType: xdp ? 'xdp' : 'sched_cls',
    input: inputBytes(r),
    calls: [...calls, ...where],
    peeks: xdp ? [] : SKB_PEEKS,
    packet: randomPacket(r),
    ...(!xdp && r.bool(0.2) && { ctx: gsoContext(r) }),
    ...(!xdp && r.bool(0.1) && { flags: BPF_F_TEST_SKB_CHECKSUM_COMPLETE }),
  };
  return request(spec);
}

/** One program for each helper, then mixes of several. */
export function generate(seed: number, each: number, mixes: number): LoadRequest[] {
  const r = new Random(seed);
  const out: LoadRequest[] = [];
  for (const xdp of [false, true]) {
    const names = [...Object.keys(xdp ? XDP_CALLS : SKB_CALLS), ...(xdp ? [] : Object.keys(COMMON_CALLS))];
    const type = xdp ? 'xdp' : 'tc';
    for (const name of names) {
      for (let i = 0; i < each; i++) out.push(program(r, `${type} ${name} ${i}`, xdp, [name]));
    }
    for (let i = 0; i < mixes; i++) {
      const chosen = Array.from({ length: 2 + r.below(3) }, () => r.pick(names));
      out.push(program(r, `${type} mix ${i}: ${chosen.join(' ')}`, xdp, chosen));
    }
  }
  return [...out, ...generateOthers(r, 2 * each)];
}
