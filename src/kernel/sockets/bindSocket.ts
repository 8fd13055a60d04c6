/** bind(2) of a socket that is there already, as bpf_bind does it. */
import { SOCK_FLAG, setSkMember, setSockFlag, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { KernelCore } from '../core.ts';
import { addressRefused, bindConflict, setLocal } from './bind.ts';
import { nodeAddresses } from './local.ts';
import { boundKey, withBound, withPort } from './table.ts';

const { AF_INET6, IPPROTO_UDP, SOCK_RAW, TCP_CLOSE } = UAPI;

/** The protocol stays in the port's place. @kernel raw_bind */
function bindRaw(kernel: KernelCore, sk: number, address: Uint8Array): number {
  const { arena } = kernel;
  const refused = addressRefused(arena, sk, address, nodeAddresses(kernel.world.net));
  if (refused === 0) setLocal(arena, sk, address, skMember(arena, sk, 'sock_common', 'skc_num'));
  return refused;
}

/** 0 or a positive errno. Without a port only the address is taken. @kernel __inet_bind, __inet6_bind */
export function bindSocket(kernel: KernelCore, sk: number, address: Uint8Array, port: number): number {
  const { arena } = kernel;
  const v6 = address.length === 16;
  // An IPv4 socket has nothing to keep an IPv6 address in; an IPv6 socket can be given an IPv4 address.
  if (v6 && skMember(arena, sk, 'sock_common', 'skc_family') !== AF_INET6) return ERRNO.EINVAL;
  const state = skMember(arena, sk, 'sock_common', 'skc_state');
  if (skMember(arena, sk, 'sock', 'sk_type') === SOCK_RAW) return bindRaw(kernel, sk, address);
  const busy = state !== TCP_CLOSE || skMember(arena, sk, 'sock_common', 'skc_num') !== 0;
  if (busy && v6) return ERRNO.EINVAL;
  const refused = addressRefused(arena, sk, address, nodeAddresses(kernel.world.net));
  if (refused !== 0 || busy) return refused || ERRNO.EINVAL;
  const locks = skMember(arena, sk, 'sock', 'sk_userlocks');
  const v6only = skMember(arena, sk, 'sock_common', 'skc_ipv6only');
  setLocal(arena, sk, address, port);
  if (port === 0) {
    setSkMember(arena, sk, 'sock', 'sk_userlocks', skMember(arena, sk, 'sock', 'sk_userlocks') & ~8);
    return 0;
  }
  const proto = skMember(arena, sk, 'sock', 'sk_protocol') === IPPROTO_UDP ? 'udp' : 'tcp';
  if (bindConflict(arena, kernel.world.sockets, proto, sk, port)) {
    setLocal(arena, sk, new Uint8Array(address.length), 0);
    setSkMember(arena, sk, 'sock', 'sk_userlocks', locks);
    setSkMember(arena, sk, 'sock_common', 'skc_ipv6only', v6only);
    return ERRNO.EADDRINUSE;
  }
  if (proto === 'tcp') kernel.world = { ...kernel.world, sockets: withPort(kernel.world.sockets, port, sk) };
  else {
    const last = v6 && skMember(arena, sk, 'sock_common', 'skc_reuseport') !== 0;
    kernel.world = { ...kernel.world, sockets: withBound(kernel.world.sockets, boundKey('udp', port), sk, last) };
    setSockFlag(arena, sk, SOCK_FLAG.rcuFree, true);
  }
  return 0;
}
