/** Helpers of sock_ops programs: which callbacks a connection wants, and its place in a map of sockets. */
import { MAP } from '../maps/object.ts';
import { mapUpdate } from '../maps/ops.ts';
import { setSkMember, skFullsock, skIsTcp, skIsUdp } from '../net/inetSock.ts';
import { UAPI } from '../spec/constants.ts';
import { offsetOf } from '../spec/layouts.ts';
import { MAP_TYPES } from '../spec/mapTypes.ts';
import type { HelperEnv } from './env.ts';
import { EINVAL, EOPNOTSUPP, type ImplTable, u64 } from './impl.ts';
import { ctxSock } from './sock.ts';

const {
  BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_ALL_CB_FLAGS,
  BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_TCP_LISTEN_CB,
} = UAPI;

const OP = offsetOf('bpf_sock_ops_kern', 'op');
/** The callbacks at which a socket is fit for a map. @kernel sock_map_op_okay */
const FIT: ReadonlySet<number> = new Set([
  BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_TCP_LISTEN_CB,
]);

/** @kernel bpf_sock_map_update, bpf_sock_hash_update */
function update(env: HelperEnv, ctx: number, map: number, key: number, flags: number, type: number): number {
  const { arena } = env;
  const sk = ctxSock(env, ctx);
  const suitable = sk !== 0 && (skIsTcp(arena, sk) || skIsUdp(arena, sk));
  if (!suitable || !FIT.has(arena.u8[env.object(ctx) + OP]!)) return -EOPNOTSUPP;
  return arena.getU32(map + MAP.type) === type ? mapUpdate(env.maps, map, key, sk, flags, env.cpu) : -EOPNOTSUPP;
}

export const sockOpsImpls = {
  /** The result is what of the flags there is not. @kernel bpf_sock_ops_cb_flags_set */
  bpf_sock_ops_cb_flags_set(env, ctx, flags) {
    const sk = ctxSock(env, ctx);
    if (sk === 0 || !skFullsock(env.arena, sk)) return -EINVAL;
    setSkMember(env.arena, sk, 'tcp_sock', 'bpf_sock_ops_cb_flags', flags & BPF_SOCK_OPS_ALL_CB_FLAGS);
    return flags & ~BPF_SOCK_OPS_ALL_CB_FLAGS;
  },
  bpf_sock_map_update: (env, ctx, map, key, flags, hi) =>
    update(env, ctx, map, key, u64(flags, hi), MAP_TYPES.sockmap.id),
  bpf_sock_hash_update: (env, ctx, map, key, flags, hi) =>
    update(env, ctx, map, key, u64(flags, hi), MAP_TYPES.sockhash.id),
} satisfies ImplTable;
