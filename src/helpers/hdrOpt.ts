/** TCP header options of sock_ops programs: looked for in a header or the SYN, room asked for, and written. */
import type { Arena } from '../mem/arena.ts';
import { skbField, skbHeader } from '../net/skb.ts';
import { UAPI } from '../spec/constants.ts';
import { offsetOf } from '../spec/layouts.ts';
import type { HelperEnv } from './env.ts';
import { EEXIST, EFAULT, EINVAL, ENOENT, ENOMSG, ENOSPC, EPERM, type ImplTable } from './impl.ts';

const {
  BPF_LOAD_HDR_OPT_TCP_SYN,
  BPF_SOCK_OPS_HDR_OPT_LEN_CB,
  BPF_SOCK_OPS_WRITE_HDR_OPT_CB,
  TCPOPT_EOL,
  TCPOPT_EXP,
  TCPOPT_NOP,
  TCP_BPF_SYN,
  TCP_BPF_SYN_IP,
} = UAPI;

const OPS = {
  synSkb: offsetOf('bpf_sock_ops_kern', 'syn_skb'),
  skb: offsetOf('bpf_sock_ops_kern', 'skb'),
  dataEnd: offsetOf('bpf_sock_ops_kern', 'skb_data_end'),
  op: offsetOf('bpf_sock_ops_kern', 'op'),
  remaining: offsetOf('bpf_sock_ops_kern', 'remaining_opt_len'),
} as const;

/** struct tcphdr, and where its length in words is. */
const TCPHDR = 20;
const DATA_OFFSET = 12;
/** The other kind for experiments (RFC 4727); both have a magic number behind their length. */
const TCPOPT_EXP_1 = 253;
/** Kind and length. */
const OPTION_HEAD = 2;

const isExperimental = (kind: number): boolean => kind === TCPOPT_EXP || kind === TCPOPT_EXP_1;
const isPadding = (kind: number): boolean => kind === TCPOPT_NOP || kind === TCPOPT_EOL;

/** The SYN from the header that `option` names: address and bytes, or undefined where none was kept. @kernel bpf_sock_ops_get_syn */
export function bpfSockOpsGetSyn(
  { arena }: HelperEnv,
  ops: number,
  option: number,
): { start: number; bytes: number } | undefined {
  const skb = arena.getU32(ops + OPS.synSkb);
  if (skb === 0) return undefined;
  const tcp = skbField(arena, skb, 'data');
  const end = tcp + (arena.u8[tcp + DATA_OFFSET]! >>> 4) * 4;
  if (option === TCP_BPF_SYN) return { start: tcp, bytes: end - tcp };
  const start = skbHeader(arena, skb, option === TCP_BPF_SYN_IP ? 'network_header' : 'mac_header');
  return { start, bytes: end - start };
}

interface Wanted {
  readonly kind: number;
  /** Address and bytes of the magic number that the option begins with. */
  readonly magic: number;
  readonly magicLen: number;
}

/** Address of the option between two addresses, or a negative errno; `eol` where the options had ended before. @kernel bpf_search_tcp_opt */
function searchTcpOpt(arena: Arena, from: number, end: number, wanted: Wanted): { at: number; eol?: true } {
  const bytes = arena.u8;
  for (let at = from; at < end; ) {
    const kind = bytes[at]!;
    if (kind === TCPOPT_EOL) return { at: -ENOMSG, eol: true };
    if (kind === TCPOPT_NOP) {
      at++;
      continue;
    }
    const length = bytes[at + 1]!;
    if (end - at < OPTION_HEAD || length < OPTION_HEAD || end - at < length) return { at: -EFAULT };
    if (kind === wanted.kind) {
      if (wanted.magicLen > length - OPTION_HEAD) return { at: -ENOMSG };
      const begins = (i: number): boolean => bytes[at + OPTION_HEAD + i] === bytes[wanted.magic + i];
      if (Array.from({ length: wanted.magicLen }, (_, i) => i).every(begins)) return { at };
    }
    at += length;
  }
  return { at: -ENOMSG };
}

/** Where the options that a program may look at begin and end, or a negative errno. */
function optionsOf(env: HelperEnv, ops: number, syn: boolean): { from: number; end: number } | number {
  const { arena } = env;
  if (syn) {
    const found = bpfSockOpsGetSyn(env, ops, TCP_BPF_SYN);
    return found ? { from: found.start + TCPHDR, end: found.start + found.bytes } : -ENOENT;
  }
  const skb = arena.getU32(ops + OPS.skb);
  // While the length is being found there is no header yet.
  if (skb === 0 || arena.u8[ops + OPS.op] === BPF_SOCK_OPS_HDR_OPT_LEN_CB) return -EPERM;
  return { from: skbField(arena, skb, 'data') + TCPHDR, end: arena.getU32(ops + OPS.dataEnd) };
}

export const hdrOptImpls = {
  /** The result is the option's length. @kernel bpf_sock_ops_load_hdr_opt */
  bpf_load_hdr_opt(env, ctx, result, len, flags, hi) {
    const { arena } = env;
    if (len < OPTION_HEAD || (flags & ~BPF_LOAD_HDR_OPT_TCP_SYN) !== 0 || hi !== 0) return -EINVAL;
    const kind = arena.u8[result]!;
    const searchLen = arena.u8[result + 1]!;
    if (searchLen > len || isPadding(kind)) return -EINVAL;
    const fits = isExperimental(kind) ? searchLen === 4 || searchLen === 6 : searchLen === 0;
    if (!fits) return -EINVAL;
    const options = optionsOf(env, env.object(ctx), (flags & BPF_LOAD_HDR_OPT_TCP_SYN) !== 0);
    if (typeof options === 'number') return options;
    const magicLen = Math.max(0, searchLen - OPTION_HEAD);
    const { at } = searchTcpOpt(arena, options.from, options.end, { kind, magic: result + OPTION_HEAD, magicLen });
    if (at < 0) return at;
    const length = arena.u8[at + 1]!;
    arena.copy(result, at, Math.min(len, length));
    return length > len ? -ENOSPC : length;
  },

  /** @kernel bpf_sock_ops_store_hdr_opt */
  bpf_store_hdr_opt(env, ctx, from, len, flags, hi) {
    const { arena } = env;
    const ops = env.object(ctx);
    if (arena.u8[ops + OPS.op] !== BPF_SOCK_OPS_WRITE_HDR_OPT_CB) return -EPERM;
    if (len < OPTION_HEAD || (flags | hi) !== 0) return -EINVAL;
    const kind = arena.u8[from]!;
    const length = arena.u8[from + 1]!;
    if (length > len || isPadding(kind)) return -EINVAL;
    const remaining = arena.u8[ops + OPS.remaining]!;
    if (length > remaining) return -ENOSPC;
    // Of two magic numbers that begin alike, one is enough.
    const magicLen = isExperimental(kind) ? 2 : 0;
    // Of other kinds Linux 6.12 writes lengths 0 and 1 too.
    if (magicLen !== 0 && length < OPTION_HEAD + magicLen) return -EINVAL;
    const skb = arena.getU32(ops + OPS.skb);
    if (skb === 0) return -EPERM;
    const end = arena.getU32(ops + OPS.dataEnd);
    const start = skbField(arena, skb, 'data') + TCPHDR;
    const found = searchTcpOpt(arena, start, end, { kind, magic: from + OPTION_HEAD, magicLen });
    if (found.at >= 0) return -EEXIST;
    if (found.at !== -ENOMSG) return found.at;
    if (found.eol) return -ENOSPC;
    arena.copy(end, from, length);
    arena.setU8(ops + OPS.remaining, remaining - length);
    arena.setU64(ops + OPS.dataEnd, end + length, 0);
    env.packetMoved(ops);
    return 0;
  },

  /** @kernel bpf_sock_ops_reserve_hdr_opt */
  bpf_reserve_hdr_opt(env, ctx, len, flags, hi) {
    const { arena } = env;
    const ops = env.object(ctx);
    if (arena.u8[ops + OPS.op] !== BPF_SOCK_OPS_HDR_OPT_LEN_CB) return -EPERM;
    if ((flags | hi) !== 0 || len < OPTION_HEAD) return -EINVAL;
    const remaining = arena.u8[ops + OPS.remaining]!;
    if (len > remaining) return -ENOSPC;
    arena.setU8(ops + OPS.remaining, remaining - len);
    return 0;
  },
} satisfies ImplTable;
