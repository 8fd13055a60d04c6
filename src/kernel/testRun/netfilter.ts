/** BPF_PROG_TEST_RUN of netfilter programs: a packet at a hook of the IPv4 or IPv6 stack, over the loopback. */
import { LOOPBACK_IFINDEX } from '../../net/route/netns.ts';
import { setSkbField, skbSetHeader } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { LAYOUTS, offsetOf } from '../../spec/layouts.ts';
import { swap16 } from '../../util/bits.ts';
import { deviceObject } from '../net/deviceObject.ts';
import { newParts } from './parts.ts';
import type { PrepareRun } from './prepare.ts';
import { buildSkb, ethTypeTrans, MAX_SKB_DATA, skbPackets } from './skbBuild.ts';
import { bpfCtxInit, bpfTestFinish, foreignOptions, runsOf } from './uarg.ts';

const { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, NFPROTO_IPV4, NFPROTO_IPV6 } = UAPI;
const { NF_INET_LOCAL_OUT } = UAPI;
const IPV4_HLEN = 20;
const IPV6_HLEN = 40;
const STATE_SIZE = LAYOUTS.nf_hook_state.size;
const [HOOK, PF] = [offsetOf('nf_hook_state', 'hook'), offsetOf('nf_hook_state', 'pf')];

/** @kernel bpf_prog_test_run_nf */
export const netfilterTestRun: PrepareRun = (kernel, _prog, input) => {
  const { arena } = kernel;
  const data = input.data ?? new Uint8Array();
  if (foreignOptions(input) || data.length < IPV4_HLEN || data.length > MAX_SKB_DATA) return { errno: ERRNO.EINVAL };
  const user = bpfCtxInit(input, STATE_SIZE);
  if (typeof user === 'number') return { errno: user };
  const pf = user ? user[PF]! : NFPROTO_IPV4;
  const hook = user ? user[HOOK]! : NF_INET_LOCAL_OUT;
  if (user?.subarray(offsetOf('nf_hook_state', 'in')).some((b) => b !== 0)) return { errno: ERRNO.EINVAL };
  if (pf !== NFPROTO_IPV4 && pf !== NFPROTO_IPV6) return { errno: ERRNO.EINVAL };
  const parts = newParts(arena);
  const dev = deviceObject(kernel, LOOPBACK_IFINDEX);
  const state = parts.object(STATE_SIZE);
  const ctx = parts.object(LAYOUTS.bpf_nf_ctx.size);
  const skb = buildSkb(arena, parts, data);
  const refuse = (errno: number): { errno: number } => {
    parts.free();
    return { errno };
  };
  if (dev === 0 || parts.failed()) return refuse(ERRNO.ENOMEM);
  arena.setU8(state + HOOK, hook);
  arena.setU8(state + PF, pf);
  // The device is set by the hook that the state had before: always that of local output.
  if (user) arena.setU64(state + offsetOf('nf_hook_state', 'out'), dev, 0);
  if (hook === NF_INET_LOCAL_OUT)
    setSkbField(arena, skb, 'protocol', swap16(pf === NFPROTO_IPV4 ? ETH_P_IP : ETH_P_IPV6));
  else {
    if (data.length < ETH_HLEN + IPV4_HLEN) return refuse(ERRNO.EINVAL);
    const proto = ethTypeTrans(arena, skb, dev);
    if (proto !== ETH_P_IP && proto !== ETH_P_IPV6) return refuse(ERRNO.EPROTO);
    if (proto === ETH_P_IPV6 && data.length < ETH_HLEN + IPV6_HLEN) return refuse(ERRNO.EINVAL);
    if ((proto === ETH_P_IP) !== (pf === NFPROTO_IPV4)) return refuse(ERRNO.EINVAL);
    skbSetHeader(arena, skb, 'network_header');
  }
  arena.setU64(ctx + offsetOf('bpf_nf_ctx', 'state'), state, 0);
  arena.setU64(ctx + offsetOf('bpf_nf_ctx', 'skb'), skb, 0);
  return {
    ctx: { object: ctx },
    packets: skbPackets(arena, () => undefined),
    repeat: runsOf(input),
    finish: (retval) => bpfTestFinish(input, new Uint8Array(), retval),
    free: parts.free,
  };
};
