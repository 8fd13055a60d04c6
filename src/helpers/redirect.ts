/** Where a packet goes: redirects, which take effect with the program's verdict. */
import { MAP } from '../maps/object.ts';
import { mapTarget } from '../maps/ops.ts';
import type { Arena } from '../mem/arena.ts';
import { shinfoField, skbField, skbIsGso } from '../net/skb.ts';
import { UAPI } from '../spec/constants.ts';
import { MAP_TYPES } from '../spec/mapTypes.ts';
import type { HelperEnv } from './env.ts';
import { EBADMSG, EINVAL, ENOMEM, ERANGE, type ImplTable } from './impl.ts';

const { BPF_F_INGRESS, TC_ACT_SHOT, TC_ACT_REDIRECT, XDP_ABORTED, XDP_REDIRECT } = UAPI;

const SIZEOF_REDIR_NEIGH = 20;

function redirectXdp(env: HelperEnv, ifindex: number, flags: number): number {
  if (flags !== 0) return XDP_ABORTED;
  env.devices.setRedirect({ kind: 'ifindex', ifindex, flags: 0 });
  return XDP_REDIRECT;
}

/** A packet that lost its link layer header cannot be sent. @kernel __bpf_redirect_common */
function headerLost(arena: Arena, skb: number): boolean {
  return (
    skbField(arena, skb, 'mac_header') >= skbField(arena, skb, 'network_header') || skbField(arena, skb, 'len') === 0
  );
}

/** @kernel __bpf_redirect */
function sendCopy(env: HelperEnv, skb: number, ifindex: number, flags: number): number {
  const { arena } = env;
  if (headerLost(arena, skb)) return -ERANGE;
  // What goes out is cut into segments first; here no segment has a type that a protocol could cut.
  if (skbIsGso(arena, skb) && (flags & BPF_F_INGRESS) === 0) return -ENOMEM;
  return env.devices.cloneRedirect(skb, ifindex, flags);
}

/** The verdicts that the low bits of redirect_map's flags can ask for. */
const ACTION_MASK = 3;
const BROADCAST_FLAGS = UAPI.BPF_F_BROADCAST | UAPI.BPF_F_EXCLUDE_INGRESS;

/** @kernel __bpf_xdp_redirect_map */
function redirectMap(env: HelperEnv, map: number, index: number, flags: number): number {
  const { arena } = env;
  const type = arena.getU32(map + MAP.type);
  const isDevmap = type === MAP_TYPES.devmap.id || type === MAP_TYPES.devmap_hash.id;
  if ((flags & ~(ACTION_MASK | (isDevmap ? BROADCAST_FLAGS : 0))) !== 0) return XDP_ABORTED;
  const target = mapTarget(env.maps, map, index);
  const broadcast = (flags & UAPI.BPF_F_BROADCAST) !== 0;
  if (target === 0 && !broadcast) {
    env.devices.setRedirect(undefined);
    return flags & ACTION_MASK;
  }
  const ifindex = isDevmap && !broadcast ? arena.getU32(target) : 0;
  env.devices.setRedirect({ kind: 'map', ifindex, flags: broadcast ? flags : 0, map, index });
  return XDP_REDIRECT;
}

export const redirectImpls = {
  bpf_redirect(env, ifindex, flags, flagsHi) {
    if (env.progType === 'xdp') return redirectXdp(env, ifindex, flags | flagsHi);
    if ((flags & ~BPF_F_INGRESS) !== 0 || flagsHi !== 0) return TC_ACT_SHOT;
    env.devices.setRedirect({ kind: 'ifindex', ifindex, flags });
    return TC_ACT_REDIRECT;
  },

  bpf_redirect_map: (env, map, index, _indexHi, flags, flagsHi) =>
    flagsHi !== 0 ? XDP_ABORTED : redirectMap(env, map, index >>> 0, flags),

  bpf_redirect_peer(env, ifindex, flags, flagsHi) {
    if ((flags | flagsHi) !== 0) return TC_ACT_SHOT;
    env.devices.setRedirect({ kind: 'peer', ifindex, flags: 0 });
    return TC_ACT_REDIRECT;
  },

  bpf_redirect_neigh(env, ifindex, params, plen, flags, flagsHi) {
    if ((plen !== 0 && plen < SIZEOF_REDIR_NEIGH) || (flags | flagsHi) !== 0) return TC_ACT_SHOT;
    const redirect = { kind: 'neigh', ifindex, flags: 0 } as const;
    const nextHop = plen === 0 ? {} : { nextHop: env.arena.bytes(params, SIZEOF_REDIR_NEIGH) };
    env.devices.setRedirect({ ...redirect, ...nextHop });
    return TC_ACT_REDIRECT;
  },

  bpf_clone_redirect(env, ctx, ifindex, flags, flagsHi) {
    const skb = env.object(ctx);
    if ((flags & ~BPF_F_INGRESS) !== 0 || flagsHi !== 0) return -EINVAL;
    // A test run's context can make a segment of no type; it must not get out.
    if (skbIsGso(env.arena, skb) && shinfoField(env.arena, skb, 'gso_type') === 0) return -EBADMSG;
    if (!env.devices.exists(ifindex)) return -EINVAL;
    const result = sendCopy(env, skb, ifindex, flags);
    env.packetMoved(skb);
    return result;
  },
} satisfies ImplTable;
