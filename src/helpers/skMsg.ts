/** Messages and stream data between sockets: how much of it a verdict holds for, and to which socket it goes. */
import { MAP } from '../maps/object.ts';
import { mapLookup } from '../maps/ops.ts';
import { skIsTcp, skMember } from '../net/inetSock.ts';
import { UAPI } from '../spec/constants.ts';
import { offsetOf } from '../spec/layouts.ts';
import type { HelperEnv } from './env.ts';
import { type ImplTable, u64 } from './impl.ts';

const { BPF_F_INGRESS, SK_DROP, SK_PASS, TCP_ESTABLISHED, TCP_LISTEN } = UAPI;

const MSG = {
  applyBytes: offsetOf('sk_msg', 'apply_bytes'),
  corkBytes: offsetOf('sk_msg', 'cork_bytes'),
  flags: offsetOf('sk_msg', 'flags'),
  redir: offsetOf('sk_msg', 'sk_redir'),
} as const;
/** Where a sk_buff keeps the socket that it is redirected to; the lowest bit is BPF_F_INGRESS. */
const SK_REDIR = offsetOf('sk_buff', '_skb_refdst');

/** @kernel sock_map_redirect_allowed */
function mayRedirect(env: HelperEnv, sk: number): boolean {
  const state = skMember(env.arena, sk, 'sock_common', 'skc_state');
  return skIsTcp(env.arena, sk) ? state !== TCP_LISTEN : state === TCP_ESTABLISHED;
}

/** The socket at a key, if data may go to it with these flags; else 0. */
function target(env: HelperEnv, map: number, key: number, flags: number): number {
  if ((flags & ~BPF_F_INGRESS) !== 0 || flags > BPF_F_INGRESS) return 0;
  const sk = mapLookup(env.maps, map, key, env.cpu);
  return sk !== 0 && mayRedirect(env, sk) ? sk : 0;
}

/** The address of an index as a key. */
function indexKey(env: HelperEnv, map: number, index: number): number {
  const key = env.arena.getU32(map + MAP.scratchKey);
  env.arena.setU32(key, index);
  return key;
}

/** @kernel bpf_msg_redirect_map, bpf_msg_redirect_hash */
function redirectMsg(env: HelperEnv, ctx: number, map: number, key: number, flags: number): number {
  const { arena } = env;
  const sk = target(env, map, key, flags);
  if (sk === 0 || (flags === 0 && !skIsTcp(arena, sk))) return SK_DROP;
  const msg = env.object(ctx);
  arena.setU32(msg + MSG.flags, flags);
  arena.setU64(msg + MSG.redir, sk, 0);
  return SK_PASS;
}

/** @kernel bpf_sk_redirect_map, bpf_sk_redirect_hash */
function redirectSkb(env: HelperEnv, ctx: number, map: number, key: number, flags: number): number {
  const sk = target(env, map, key, flags);
  if (sk === 0) return SK_DROP;
  env.arena.setU64(env.object(ctx) + SK_REDIR, sk | flags, 0);
  return SK_PASS;
}

export const skMsgImpls = {
  bpf_msg_apply_bytes(env, ctx, bytes) {
    env.arena.setU32(env.object(ctx) + MSG.applyBytes, bytes);
    return 0;
  },
  bpf_msg_cork_bytes(env, ctx, bytes) {
    env.arena.setU32(env.object(ctx) + MSG.corkBytes, bytes);
    return 0;
  },
  bpf_msg_redirect_map: (env, ctx, map, index, flags, hi) =>
    redirectMsg(env, ctx, map, indexKey(env, map, index), u64(flags, hi)),
  bpf_msg_redirect_hash: (env, ctx, map, key, flags, hi) => redirectMsg(env, ctx, map, key, u64(flags, hi)),
  bpf_sk_redirect_map: (env, ctx, map, index, flags, hi) =>
    redirectSkb(env, ctx, map, indexKey(env, map, index), u64(flags, hi)),
  bpf_sk_redirect_hash: (env, ctx, map, key, flags, hi) => redirectSkb(env, ctx, map, key, u64(flags, hi)),
} satisfies ImplTable;
