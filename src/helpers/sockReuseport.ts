/** bpf_sk_select_reuseport: the program's choice of a socket of the group. */
import { MAP } from '../maps/object.ts';
import { mapLookup } from '../maps/ops.ts';
import { skMember } from '../net/inetSock.ts';
import { offsetOf } from '../spec/layouts.ts';
import { MAP_TYPES } from '../spec/mapTypes.ts';
import type { HelperEnv } from './env.ts';
import { EAFNOSUPPORT, EBADFD, EINVAL, ENOENT, EPROTOTYPE, type ImplTable } from './impl.ts';

const KERN = {
  sk: offsetOf('sk_reuseport_kern', 'sk'),
  selected: offsetOf('sk_reuseport_kern', 'selected_sk'),
  group: offsetOf('sk_reuseport_kern', 'reuseport_id'),
} as const;

/** Why a socket of another group cannot be chosen. */
function foreign(env: HelperEnv, sk: number, chosen: number): number {
  const { arena } = env;
  if (skMember(arena, sk, 'sock', 'sk_protocol') !== skMember(arena, chosen, 'sock', 'sk_protocol')) return -EPROTOTYPE;
  const family = skMember(arena, sk, 'sock_common', 'skc_family');
  return family !== skMember(arena, chosen, 'sock_common', 'skc_family') ? -EAFNOSUPPORT : -EBADFD;
}

export const sockReuseportImpls = {
  /** @kernel sk_select_reuseport */
  bpf_sk_select_reuseport(env, ctx, map, key) {
    const { arena } = env;
    const kern = env.object(ctx);
    const chosen = mapLookup(env.maps, map, key, env.cpu);
    if (chosen === 0) return -ENOENT;
    const group = env.sockets.reuseportId(chosen);
    if (group === 0) return arena.getU32(map + MAP.type) === MAP_TYPES.reuseport_sockarray.id ? -ENOENT : -EINVAL;
    if (group !== arena.getU32(kern + KERN.group)) return foreign(env, arena.getU32(kern + KERN.sk), chosen);
    arena.setU64(kern + KERN.selected, chosen, 0);
    return 0;
  },
} satisfies ImplTable;
