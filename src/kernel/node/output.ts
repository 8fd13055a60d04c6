/** Packets that the node itself sends: routed, asked about in their socket's cgroup, handed to a neighbour. */
import { skMember, skToFullSk } from '../../net/inetSock.ts';
import { setSkbField, skbField, skbSetHeader } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { swap16 } from '../../util/bits.ts';
import type { KernelCore } from '../core.ts';
import { deviceObject } from '../net/deviceObject.ts';
import { cgroupSkb } from './cgroupHooks.ts';
import type { Flow } from './flow.ts';
import { addressText, readIp } from './ipHeader.ts';
import { deviceName, drop, tell } from './record.ts';
import { outputRoute } from './route.ts';
import { sendTo } from './sendTo.ts';
import { tripOf, type Work } from './state.ts';

const { ETH_P_IP, ETH_P_IPV6 } = UAPI;

/** @kernel ip_queue_xmit, ip_output, ip6_output */
export function output(kernel: KernelCore, work: Extract<Work, { readonly at: 'output' }>): Flow {
  const { arena, world } = kernel;
  const { skb } = work;
  const trip = tripOf(work);
  const header = readIp(arena, skb);
  if (typeof header === 'string') return drop(kernel, trip, skb, header);
  const { src, dst, tos } = header;
  const v6 = dst.length === 16;
  setSkbField(arena, skb, 'protocol', swap16(v6 ? ETH_P_IPV6 : ETH_P_IP));
  skbSetHeader(arena, skb, 'mac_header');
  const sk = skbField(arena, skb, 'sk');
  const oif = sk === 0 ? 0 : skMember(arena, sk, 'sock_common', 'skc_bound_dev_if');
  const route = outputRoute(world.net, { dst, src, oif, tos, mark: skbField(arena, skb, 'mark') });
  if (typeof route === 'number') {
    return drop(kernel, trip, skb, 'IP_OUTNOROUTES', { why: `no route to ${addressText(dst)}` });
  }
  const dev = route.type === UAPI.RTN_LOCAL ? 1 : route.dev;
  setSkbField(arena, skb, 'dev', deviceObject(kernel, dev));
  tell(kernel, trip, {
    kind: 'route',
    dev: deviceName(kernel, dev),
    dst: addressText(dst),
    local: false,
    ...(route.via && { via: addressText(route.via) }),
  });
  const go = (): Flow => sendTo(kernel, trip, skb, dev, route.via ?? dst);
  if (sk === 0) return go();
  // Programs of cgroups see the listener where the packet carries a request.
  const full = skToFullSk(arena, sk);
  setSkbField(arena, skb, 'sk', full);
  return cgroupSkb(kernel, work, full, 'egress', (passed) => {
    setSkbField(arena, skb, 'sk', sk);
    return passed ? go() : drop(kernel, trip, skb, 'BPF_CGROUP_EGRESS');
  });
}
