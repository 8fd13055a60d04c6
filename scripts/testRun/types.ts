/** The prog types that can be run, and what random programs and runs of each look like. */

import { UAPI } from '../../src/spec/constants.ts';
import { type MemberPath, memberLayout } from '../../src/spec/layouts.ts';
import type { ProgRequest, TestRunRequest } from '../../src/spec/request.ts';
import type { Random } from '../../test/random.ts';
import { ifZero, load, type Piece, type Size, set, store } from './code.ts';
import {
  flowContext,
  frame,
  fullContext,
  fullFrames,
  hexOf,
  netfilterContext,
  options,
  skbContext,
  skLookupContext,
  xdpContext,
} from './inputs.ts';
import {
  absolute,
  adjust,
  behind,
  behindTwo,
  buffLen,
  loadBytes,
  metaLength,
  metaWord,
  packetByte,
  packetLength,
  perfOutput,
  plainCall,
  type Reader,
  readField,
  result,
  setBehind,
  socketField,
  storeBytes,
  writeField,
} from './pieces.ts';

export interface RunType {
  readonly prog: ProgRequest & { readonly prog_type: string };
  /** Relative frequency. */
  readonly weight: number;
  /** The struct of the context, where it is one of fields. */
  readonly reader?: Reader;
  piece(r: Random): Piece | readonly Piece[];
  end(r: Random): Piece;
  run(r: Random): TestRunRequest;
  /** Needs the devices. */
  readonly devices?: true;
  /** Good runs that set all that may be set. */
  full?(): TestRunRequest[];
}

/** Devices beyond the loopback, of which some requests have some: indexes 2, 3 and 4. */
export const DEVICES = [
  'ip link add v0 type veth',
  'ip link add d0 address 02:00:00:00:00:01 type dummy',
  'ip link set d0 up',
];

const { BPF_F_XDP_DEV_BOUND_ONLY } = UAPI;
const SKB_LIMITS = [3519, 3520, 3521, 3584, 3700, 3711, 3712, 3713, 4096, 4097];
const XDP_LIMITS = [3519, 3520, 3521, 3776, 4096, 4097, 7616, 8000, 12000, 3520 + 17 * 4096, 3521 + 17 * 4096];
const FLOW_LIMITS = [4095, 4096, 4097];

/** A result that the verifier lets the prog type return. */
const anyResult = (): Piece => result(-1);
const bit = (): Piece => result(1);
const zero = (): Piece => [set(0, 0)];

/** A run over a frame, with or without a context. */
function packetRun(
  r: Random,
  limits: readonly number[],
  context: (r: Random, size: number) => Uint8Array,
  flags: readonly number[],
): TestRunRequest {
  const data = frame(r, limits);
  const ctx = r.bool(0.6) ? context(r, data.length) : undefined;
  return { ...(!r.bool(0.02) && { data: hexOf(data) }), ...(ctx && { ctx: hexOf(ctx) }), ...options(r, flags) };
}

const FULL_SKB = fullContext('__sk_buff', ['mark', 'priority', 'ingress_ifindex', 'cb', 'tstamp', 'hwtstamp'], {
  ifindex: 1,
  wire_len: 0x8765,
  gso_segs: 0x4321,
  gso_size: 0x3456,
});

interface SkbTraits {
  readonly attachType?: string;
  readonly direct?: true;
  readonly writable?: true;
  readonly fullsock?: true;
  readonly ldabs?: true;
  readonly weight: number;
}

const OFFSETS = [0, 1, 12, 13, 14, 19, 20, 33, 34, 59, 63, 100, 299, 3000];

/** Changes of the packet's length and headers, which the next run of a repeat finds. */
function resize(r: Random, tc: boolean): Piece {
  const length = (): number => r.pick([0, 1, 14, 20, 34, 50, 60, 64, 100, 400, 3000, 65536]);
  const calls: (() => Piece)[] = [
    () => plainCall('bpf_skb_change_tail', length(), 0),
    () => plainCall('bpf_skb_change_head', r.pick([0, 1, 4, 14, 40, 64, 200]), 0),
  ];
  if (tc) {
    calls.push(
      () => plainCall('bpf_skb_vlan_push', r.pick([0x81, 0xa888, 8]), r.below(4096)),
      () => plainCall('bpf_skb_vlan_pop'),
      () =>
        plainCall(
          'bpf_skb_adjust_room',
          r.pick([-40, -20, -8, -4, 4, 8, 20, 40]),
          r.below(2),
          r.pick([0, 0, 1, 2, 32]),
        ),
      () => plainCall('bpf_skb_change_proto', r.pick([8, 0xdd86]), 0),
      () => plainCall('bpf_skb_change_type', r.below(5)),
    );
  }
  return r.pick(calls)();
}

function skbType(progType: string, traits: SkbTraits): RunType {
  const { attachType, weight } = traits;
  const reader: Reader = { struct: '__sk_buff', progType, attachType };
  const pieces: [number, (r: Random) => Piece | readonly Piece[]][] = [
    [1, (r) => perfOutput(r.pick([0, 14, 20, 34, 46, 60, 100, 286, 300]))],
    [6, (r) => readField(r, reader)],
    [4, (r) => writeField(r, reader)],
    [2, (r) => socketField(r, traits.fullsock === true && r.bool(0.5))],
    [2, (r) => loadBytes('bpf_skb_load_bytes', r.pick(OFFSETS), r.pick([1, 2, 4, 8, 13, 40]))],
  ];
  if (traits.direct)
    pieces.push([
      3,
      (r) => packetByte('__sk_buff', r.pick(OFFSETS), traits.writable && r.bool(0.5) ? 1 + r.below(9) : 0),
    ]);
  if (traits.direct) {
    pieces.push(
      [1, () => packetLength('__sk_buff')],
      [1, (r) => plainCall('bpf_skb_pull_data', r.pick([0, 1, 14, 60, 300, 4000]))],
    );
  }
  if (progType.startsWith('sched')) pieces.push([1, () => metaLength('__sk_buff')]);
  if (traits.writable) pieces.push([2, (r) => resize(r, progType.startsWith('sched'))]);
  if (traits.writable) pieces.push([2, (r) => storeBytes('bpf_skb_store_bytes', r, r.pick(OFFSETS))]);
  if (traits.ldabs)
    pieces.push([
      2,
      (r) =>
        absolute(r.pick([1, 2, 4]), r.pick([...OFFSETS, -0x100000, -0x100000 + 9, -0x200000, -0x200000 + 12, -0x1000])),
    ]);
  return {
    prog: { prog_type: progType, ...(attachType && { expected_attach_type: attachType }) },
    weight,
    reader,
    piece: (r) => r.weighted(pieces.map(([w, make]) => [w, () => make(r)] as const)),
    end: progType === 'cgroup_skb' ? bit : anyResult,
    run: (r) => packetRun(r, SKB_LIMITS, skbContext, [4]),
    full: () => fullFrames().flatMap((data) => [{ data: hexOf(data) }, { data: hexOf(data), ctx: FULL_SKB }]),
  };
}

function xdpPiece(r: Random): Piece | readonly Piece[] {
  const near = (n: number): number => n + r.below(5) - 2;
  const offset = (): number => r.pick([...OFFSETS, near(3520), near(4096), near(7616), 65535, 65536, 5000, 11990]);
  return r.weighted<Piece | readonly Piece[]>([
    [3, () => readField(r, { struct: 'xdp_md', progType: 'xdp' })],
    [3, () => packetLength('xdp_md')],
    [2, () => metaLength('xdp_md')],
    [3, () => packetByte('xdp_md', r.pick(OFFSETS), r.bool(0.5) ? 1 + r.below(9) : 0)],
    [1, () => metaWord(r.below(2 ** 31))],
    [3, () => buffLen()],
    [2, () => perfOutput(r.pick([0, 14, 34, 60, near(3520), near(4096), near(7616), 12001]))],
    [4, () => loadBytes('bpf_xdp_load_bytes', offset(), r.pick([1, 2, 4, 8, 13, 40]))],
    [3, () => storeBytes('bpf_xdp_store_bytes', r, offset())],
    [2, () => adjust('bpf_xdp_adjust_head', r.pick([-300, -216, -100, -14, -4, 0, 1, 14, 40, 300]))],
    [
      3,
      () =>
        adjust(
          'bpf_xdp_adjust_tail',
          r.pick([-9000, -4200, -4096, -4095, -500, -100, -20, -1, 0, 1, 20, 100, 300, 500, 4000, 4096]),
        ),
    ],
    [2, () => adjust('bpf_xdp_adjust_meta', r.pick([-256, -252, -64, -16, -8, -4, -3, 0, 4, 16]))],
  ]);
}

/** A run with a packet that often lies in fragments: a long one, or one whose context says where the linear part ends. */
function xdpRun(r: Random): TestRunRequest {
  if (r.bool(0.7)) return packetRun(r, XDP_LIMITS, xdpContext, []);
  const data = r.bool(0.5)
    ? frame(r, [])
    : Uint8Array.from({ length: r.pick(XDP_LIMITS) + r.below(3) }, () => r.below(256));
  const ctx = xdpContext(r, data.length);
  const out = r.bool(0.2) ? { out_size: r.below(data.length + 10) } : { out_size: 80_000 };
  return { data: hexOf(data), ...(r.bool(0.8) && { ctx: hexOf(ctx) }), ...options(r, []), ...out };
}

const XDP: RunType = {
  prog: { prog_type: 'xdp' },
  weight: 8,
  reader: { struct: 'xdp_md', progType: 'xdp' },
  piece: xdpPiece,
  end: (r) => (r.bool(0.5) ? anyResult() : [set(0, r.below(5))]),
  run: (r) => {
    const run = xdpRun(r);
    if (!r.bool(0.15)) return run;
    const quiet = run.ctx === undefined || r.bool(0.2) ? {} : { out_size: 0, ctx_out_size: 0 };
    const batch = r.bool(0.4) ? { batch_size: r.pick([1, 2, 3, 63, 64, 65, 128, 256, 257]) } : {};
    return { ...run, ...quiet, ...batch, flags: 2, repeat: r.pick([0, 1, 2, 60, 64, 65, 66, 70, 128, 130, 200, 500]) };
  },
  full: () => {
    const data = fullFrames()[0]!;
    const ctx = fullContext('xdp_md', [], { data: 8, data_end: data.length, ingress_ifindex: 1 });
    return [{ data: hexOf(data) }, { data: hexOf(data), ctx }];
  },
};

const KEYS = [0, 2, 4, 6, 7, 8, 9, 10, 12, 14, 16, 20, 32, 44, 48, 52];
const FLOW_KEYS = 144;

const FLOW: RunType = {
  prog: { prog_type: 'flow_dissector', expected_attach_type: 'flow_dissector' },
  weight: 4,
  piece: (r) =>
    r.weighted<Piece | readonly Piece[]>([
      [3, () => packetByte('__sk_buff', r.pick(OFFSETS), 0)],
      [1, () => packetLength('__sk_buff')],
      [3, () => behind(FLOW_KEYS, r.pick([1, 2, 4] as const), 4 * r.below(14))],
      [4, () => setBehind(FLOW_KEYS, 2, 2 * r.below(28), r.pick([0, 1, 14, 34, 60, 5000, 65535]))],
      [1, () => setBehind(FLOW_KEYS, 1, r.pick(KEYS), r.below(256))],
      [1, () => loadBytes('bpf_skb_load_bytes', r.pick(OFFSETS), r.pick([1, 4, 13]))],
    ]),
  end: anyResult,
  run: (r) => packetRun(r, FLOW_LIMITS, flowContext, []),
};

const LOOKUP_READER: Reader = { struct: 'bpf_sk_lookup', progType: 'sk_lookup', attachType: 'sk_lookup' };
const SK_LOOKUP: RunType = {
  prog: { prog_type: 'sk_lookup', expected_attach_type: 'sk_lookup' },
  weight: 4,
  reader: LOOKUP_READER,
  piece: (r) => readField(r, LOOKUP_READER),
  end: bit,
  run: (r) => ({
    ...(r.bool(0.95) && { ctx: hexOf(skLookupContext(r)) }),
    ...(r.bool(0.03) && { data: '00' }),
    ...options(r, []),
    ...(r.bool(0.9) && { out_size: 0 }),
  }),
  full: () =>
    [2, 10].map((family) => ({
      ctx: fullContext('bpf_sk_lookup', ['protocol', 'remote_ip4', 'remote_ip6', 'local_ip4', 'local_ip6'], {
        family,
        remote_port: 0xfedc,
        local_port: 0x1357,
      }),
    })),
};

/** Members that hold numbers, with their sizes; pointers differ from boot to boot. */
const NF_SKB: readonly MemberPath[] = [
  'sk_buff.len',
  'sk_buff.data_len',
  'sk_buff.mac_len',
  'sk_buff.hdr_len',
  'sk_buff.protocol',
  'sk_buff.mark',
  'sk_buff.priority',
  'sk_buff.skb_iif',
  'sk_buff.hash',
  'sk_buff.vlan_all',
  'sk_buff.csum',
  'sk_buff.tc_index',
  'sk_buff.queue_mapping',
  'sk_buff.network_header',
  'sk_buff.transport_header',
  'sk_buff.mac_header',
  'sk_buff.tail',
  'sk_buff.end',
  'sk_buff.truesize',
  'sk_buff.inner_protocol',
  'sk_buff.__pkt_type_offset',
];

function nfPiece(r: Random): Piece {
  const [ifindex, size] = memberLayout('net_device.ifindex');
  return r.weighted<Piece>([
    [2, () => behind(0, 1, memberLayout('nf_hook_state.hook')[0])],
    [2, () => behind(0, 1, memberLayout('nf_hook_state.pf')[0])],
    [1, () => behindTwo(0, memberLayout('nf_hook_state.in')[0], size as Size, ifindex)],
    [1, () => behindTwo(0, memberLayout('nf_hook_state.out')[0], size as Size, ifindex)],
    [1, () => behind(0, 8, memberLayout(r.pick(['nf_hook_state.sk', 'nf_hook_state.net'] as const))[0])],
    [1, () => behindTwo(8, memberLayout('sk_buff.dev')[0], size as Size, ifindex)],
    [
      5,
      () => {
        const [off, bytes] = memberLayout(r.pick(NF_SKB));
        return behind(8, Math.max(1, bytes) as Size, off);
      },
    ],
  ]);
}

const NETFILTER: RunType = {
  prog: { prog_type: 'netfilter', expected_attach_type: 'netfilter' },
  weight: 4,
  piece: nfPiece,
  end: bit,
  run: (r) => {
    const run = packetRun(r, SKB_LIMITS, netfilterContext, []);
    return run;
  },
};

const WORDS = [0, 8, 16, 24, 88];
const RAW_TP: RunType = {
  prog: { prog_type: 'raw_tracepoint' },
  weight: 3,
  piece: (r) => {
    const size = r.pick([1, 2, 4, 8, 8, 8] as const);
    return [load(size, 8, 6, r.pick(WORDS) + size * r.below(8 / size))];
  },
  end: anyResult,
  run: (r) => ({
    ...(r.bool(0.9) && { ctx: hexOf(r.bytes(r.pick([1, 8, 16, 24, 32, 40, 95, 96, 96, 97, 104]))) }),
    ...options(r, [1]),
    repeat: r.bool(0.9) ? 0 : 1,
    ...(r.bool(0.95) && { ctx_out_size: 0 }),
    ...(r.bool(0.95) && { out_size: 0 }),
    ...(r.bool(0.1) && { flags: 1, cpu: r.pick([0, 1, 5, 0x7fffffff, 0xffffffff]) }),
  }),
};

const SYSCALL: RunType = {
  prog: { prog_type: 'syscall', prog_flags: ['sleepable'] },
  weight: 3,
  piece: (r) => {
    const size = r.pick([1, 2, 4, 8] as const);
    const off = r.pick([0, 8, 56, 1000]) + size * r.below(8 / size);
    return r.bool(0.5) ? [load(size, 8, 6, off)] : [set(8, r.below(2 ** 31)), store(size, 6, off, 8)];
  },
  end: anyResult,
  run: (r) => ({
    ...(r.bool(0.9) && { ctx: hexOf(r.bytes(r.pick([1, 8, 16, 64, 68, 1000, 1008, 1009, 4096, 5000]))) }),
    ...options(r, []),
    repeat: r.bool(0.95) ? 0 : 1,
    ...(r.bool(0.95) && { ctx_out_size: 0 }),
    ...(r.bool(0.95) && { out_size: 0 }),
  }),
};

function tracingType(attachType: string, name: string): RunType {
  return {
    prog: { prog_type: 'tracing', expected_attach_type: attachType, attach_btf_name: name },
    weight: 1,
    piece: () => [set(8, 1)],
    end: attachType === 'fmod_ret' || attachType === 'tp_btf' ? (r) => [set(0, r.below(3))] : zero,
    run: (r) => packetRun(r, FLOW_LIMITS, skbContext, []),
  };
}

function structOpsType(member: number): RunType {
  return {
    prog: {
      prog_type: 'struct_ops',
      attach_btf_name: 'bpf_dummy_ops',
      expected_attach_type: member,
      ...(member === 2 && { prog_flags: ['sleepable'] as const }),
    },
    weight: 1,
    // The state may be NULL in the first function only; it is one int.
    piece: () => (member === 0 ? [set(8, -1), load(8, 1, 6, 0), ifZero(1, 1), load(4, 8, 1, 0)] : [set(8, 5)]),
    end: anyResult,
    run: (r) => {
      const ctx = new Uint8Array(r.pick([8, 8, 8, 40, 40, 16, 4]));
      if (r.bool(0.3)) ctx[r.below(ctx.length)] = 1;
      return {
        ...(r.bool(0.95) && { ctx: hexOf(ctx) }),
        ...(r.bool(0.3) && { data: hexOf(frame(r, FLOW_LIMITS)) }),
        ...options(r, []),
      };
    },
  };
}

/** A type without a test run. */
function otherType(prog: RunType['prog'], end: RunType['end'] = zero): RunType {
  return {
    prog,
    weight: 1,
    piece: () => [set(8, 1)],
    end,
    run: (r) => packetRun(r, FLOW_LIMITS, skbContext, []),
  };
}

export const RUN_TYPES: readonly RunType[] = [
  XDP,
  skbType('sched_cls', { direct: true, writable: true, fullsock: true, ldabs: true, weight: 5 }),
  skbType('sched_act', { direct: true, writable: true, fullsock: true, ldabs: true, weight: 4 }),
  skbType('socket_filter', { ldabs: true, weight: 4 }),
  skbType('cgroup_skb', { attachType: 'cgroup_inet_ingress', fullsock: true, weight: 3 }),
  skbType('cgroup_skb', { attachType: 'cgroup_inet_egress', fullsock: true, weight: 1 }),
  skbType('lwt_in', { direct: true, weight: 3 }),
  skbType('lwt_out', { direct: true, weight: 3 }),
  skbType('lwt_xmit', { direct: true, writable: true, weight: 3 }),
  FLOW,
  SK_LOOKUP,
  NETFILTER,
  RAW_TP,
  SYSCALL,
  tracingType('fentry', 'bpf_fentry_test1'),
  tracingType('fexit', 'bpf_fentry_test2'),
  tracingType('fmod_ret', 'bpf_modify_return_test'),
  tracingType('tp_btf', 'sys_enter'),
  structOpsType(0),
  structOpsType(1),
  structOpsType(2),
  otherType({ prog_type: 'xdp', expected_attach_type: 'xdp_devmap' }),
  otherType({ prog_type: 'xdp', expected_attach_type: 'xdp_cpumap' }),
  // Bound to the veth device of DEVICES, which is all that dev_bound_only asks for.
  { ...otherType({ prog_type: 'xdp', prog_ifindex: 3, prog_flags: BPF_F_XDP_DEV_BOUND_ONLY }), devices: true },
  otherType({ prog_type: 'lwt_seg6local' }),
  otherType({ prog_type: 'kprobe' }),
  otherType({ prog_type: 'sk_msg' }, () => [set(0, 1)]),
  otherType({ prog_type: 'cgroup_sock' }, () => [set(0, 1)]),
  otherType({ prog_type: 'lsm', expected_attach_type: 'lsm', attach_btf_name: 'file_open' }),
];
