/** The kinds of programs that are generated: what their contexts have, what they may do and return. */
export interface Target {
  readonly section: string;
  /** Its struct, for `.func`. */
  readonly struct: string;
  /** Numbers in the context: offset and size. */
  readonly ctx: readonly (readonly [number, number])[];
  /** Offsets of data and data_end, and how wide they are. */
  readonly packet?: readonly [number, number, ('u32' | 'u64')?];
  readonly socket?: true;
  readonly ldAbs?: true;
  /** Spin locks and timers are not for tracing programs. */
  readonly locks?: true;
  readonly dynptr?: 'bpf_dynptr_from_skb' | 'bpf_dynptr_from_xdp';
  /** What R0 must be at the end: below this. */
  readonly returns: number;
}

const of = (size: number, ...offs: readonly number[]): (readonly [number, number])[] =>
  offs.map((off) => [off, size] as const);
const SKB = of(4, 0, 4, 8, 40, 48, 52);

export const TARGETS: readonly Target[] = [
  {
    section: 'xdp',
    struct: 'xdp_md',
    ctx: of(4, 12, 16),
    packet: [0, 4],
    socket: true,
    locks: true,
    dynptr: 'bpf_dynptr_from_xdp',
    returns: 5,
  },
  {
    section: 'tc',
    struct: '__sk_buff',
    ctx: SKB,
    packet: [76, 80],
    socket: true,
    ldAbs: true,
    locks: true,
    dynptr: 'bpf_dynptr_from_skb',
    returns: 3,
  },
  {
    section: 'socket',
    struct: '__sk_buff',
    ctx: SKB.slice(0, 2),
    ldAbs: true,
    dynptr: 'bpf_dynptr_from_skb',
    returns: 3,
  },
  {
    section: 'cgroup_skb/ingress',
    struct: '__sk_buff',
    ctx: SKB.slice(0, 2),
    packet: [76, 80],
    socket: true,
    locks: true,
    dynptr: 'bpf_dynptr_from_skb',
    returns: 2,
  },
  { section: 'kprobe', struct: 'pt_regs', ctx: of(8, 0, 8, 112), returns: 2 },
  { section: 'tracepoint', struct: 'void', ctx: [...of(8, 8), ...of(4, 16)], returns: 2 },
  { section: 'perf_event', struct: 'bpf_perf_event_data', ctx: of(8, 0, 168), returns: 2 },
  { section: 'raw_tp', struct: 'bpf_raw_tracepoint_args', ctx: of(8, 0, 8, 16), returns: 2 },
  { section: 'cgroup/connect4', struct: 'bpf_sock_addr', ctx: of(4, 0, 4, 24), socket: true, locks: true, returns: 2 },
  { section: 'cgroup/dev', struct: 'bpf_cgroup_dev_ctx', ctx: of(4, 0, 4, 8), locks: true, returns: 2 },
  { section: 'cgroup/sysctl', struct: 'bpf_sysctl', ctx: of(4, 0, 4), locks: true, returns: 2 },
  { section: 'sockops', struct: 'bpf_sock_ops', ctx: of(4, 0, 4, 20, 64, 68), locks: true, returns: 2 },
  { section: 'sk_msg', struct: 'sk_msg_md', ctx: of(4, 16, 20, 64), packet: [0, 8, 'u64'], locks: true, returns: 2 },
  {
    section: 'sk_skb',
    struct: '__sk_buff',
    ctx: SKB.slice(0, 1),
    packet: [76, 80],
    socket: true,
    locks: true,
    returns: 2,
  },
  { section: 'lwt_xmit', struct: '__sk_buff', ctx: SKB.slice(0, 3), packet: [76, 80], locks: true, returns: 2 },
  { section: 'sk_lookup', struct: 'bpf_sk_lookup', ctx: of(4, 8, 12, 16), locks: true, returns: 2 },
];
