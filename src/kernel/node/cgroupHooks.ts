/** Programs of cgroups on what sockets send and get: those of the socket's cgroup first, then those above it. */
import { skbField, skbHeader, skbPull, skbPush } from '../../net/skb.ts';
import { cgroupPath } from '../cgroups.ts';
import type { KernelCore } from '../core.ts';
import { appOf } from './apps.ts';
import { dataBytes } from './buffer.ts';
import type { Flow } from './flow.ts';
import type { LinkHook } from './hooks.ts';
import { onSkb } from './onPacket.ts';
import type { Link, Work } from './state.ts';

/** The links of a hook that a cgroup is under, its own first. */
export function cgroupLinks({ world }: KernelCore, hook: LinkHook, cgroup: number): readonly Link[] {
  const path = [...cgroupPath(world.cgroups, cgroup)].reverse();
  return path.flatMap((id) => world.node.links.filter((l) => l.hook === hook && l.cgroup === id));
}

/** Runs them on a packet from its network header on; `then` is told whether all let it pass. @kernel __cgroup_bpf_run_filter_skb */
export function cgroupSkb(
  kernel: KernelCore,
  work: Work & { readonly skb: number },
  sk: number,
  direction: 'ingress' | 'egress',
  then: (passed: boolean) => Flow,
): Flow {
  const { arena } = kernel;
  const { skb } = work;
  const links = cgroupLinks(kernel, `cgroup_inet_${direction}`, appOf(kernel, sk)?.cgroup ?? 1);
  if (links.length === 0) return then(true);
  const before = skbField(arena, skb, 'data') - skbHeader(arena, skb, 'network_header');
  skbPush(arena, skb, before);
  const run = (index: number, passed: boolean): Flow => {
    const link = links[index];
    if (!link) {
      skbPull(arena, skb, before);
      return then(passed);
    }
    return {
      link,
      work,
      prepare: onSkb(skb),
      bytes: () => dataBytes(arena, skb),
      returned: (retval) => run(index + 1, passed && (retval & 1) === 1),
    };
  };
  return run(0, true);
}
