/** sk_lookup programs of a namespace: they choose the socket where no connection has the packet. */
import { skFullsock, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { LAYOUTS, memberLayout } from '../../spec/layouts.ts';
import type { KernelCore } from '../core.ts';
import type { FlowKey } from '../sockets/receive.ts';
import { newParts } from '../testRun/parts.ts';
import { NO_PACKET } from '../testRun/prepare.ts';
import type { Flow } from './flow.ts';
import { drop } from './record.ts';
import type { Work } from './state.ts';

const { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, SK_PASS, TCP_LISTEN } = UAPI;

/** The look-up so far. */
interface Lookup {
  readonly tcp: boolean;
  readonly flow: FlowKey;
  /** The socket that the tables have, 0 for none. */
  readonly found: number;
}

/** Is it a socket that a packet has to itself, so that nobody else is asked? */
function connected({ arena }: KernelCore, { found, tcp }: Lookup): boolean {
  if (found === 0) return false;
  if (!skFullsock(arena, found)) return true;
  const state = skMember(arena, found, 'sock_common', 'skc_state');
  return tcp ? state !== TCP_LISTEN : state === UAPI.TCP_ESTABLISHED;
}

/** Asks the programs, as far as they have a say; `then` gets the socket. @kernel inet_lookup_run_sk_lookup */
export function lookupPrograms(
  kernel: KernelCore,
  work: Work & { readonly skb: number },
  lookup: Lookup,
  then: (sk: number) => Flow,
): Flow {
  const { found, flow, tcp } = lookup;
  const links = kernel.world.node.links.filter((l) => l.hook === 'sk_lookup' && l.ns === work.ns);
  if (links.length === 0 || connected(kernel, lookup)) return then(found);
  const { arena } = kernel;
  const parts = newParts(arena);
  const object = parts.object(LAYOUTS.bpf_sk_lookup_kern.size);
  const addresses = parts.object(32);
  if (parts.failed()) {
    parts.free();
    return drop(kernel, work, work.skb, 'NO_MEMORY');
  }
  const at = (member: 'family' | 'protocol' | 'dport' | 'sport' | 'selected_sk' | 'no_reuseport'): number =>
    object + memberLayout(`bpf_sk_lookup_kern.${member}`)[0];
  const v6 = flow.dst.length === 16;
  arena.setU16(at('family'), v6 ? AF_INET6 : AF_INET);
  arena.setU16(at('protocol'), tcp ? IPPROTO_TCP : IPPROTO_UDP);
  arena.setU16(at('dport'), flow.dport);
  arena.setU16(at('sport'), ((flow.sport & 0xff) << 8) | (flow.sport >> 8));
  if (v6) {
    arena.put(addresses, flow.src);
    arena.put(addresses + 16, flow.dst);
    arena.setU64(object + memberLayout('bpf_sk_lookup_kern.v6.saddr')[0], addresses, 0);
    arena.setU64(object + memberLayout('bpf_sk_lookup_kern.v6.daddr')[0], addresses + 16, 0);
  } else {
    arena.put(object + memberLayout('bpf_sk_lookup_kern.v4.saddr')[0], flow.src);
    arena.put(object + memberLayout('bpf_sk_lookup_kern.v4.daddr')[0], flow.dst);
  }
  const run = (index: number, selected: number, dropped: boolean): Flow => {
    const link = links[index];
    if (!link) {
      parts.free();
      if (selected !== 0) return then(selected);
      return dropped ? drop(kernel, work, work.skb, 'NO_SOCKET', { why: 'a sk_lookup program said so' }) : then(found);
    }
    return {
      link,
      work,
      prepare() {
        arena.setU64(at('selected_sk'), selected, 0);
        return {
          ctx: { object },
          packets: NO_PACKET,
          repeat: 1,
          finish: (retval) => ({ errno: 0, retval }),
          free: () => undefined,
        };
      },
      bytes: () => new Uint8Array(),
      returned(retval) {
        const chosen = arena.getU32(at('selected_sk'));
        return run(index + 1, retval === SK_PASS && chosen !== 0 ? chosen : selected, dropped || retval !== SK_PASS);
      },
    };
  };
  return run(0, 0, false);
}
