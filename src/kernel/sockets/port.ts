/** Local ports: taken by bind(2), or chosen. */
import { setSkMember, skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { swap16 } from '../../util/bits.ts';
import type { KernelCore } from '../core.ts';
import { portIsBound, portIsFree } from './bind.ts';
import { draw, setTable } from './call.ts';
import type { Ends } from './ends.ts';
import { addressWords } from './receive.ts';
import { boundKey, ehashKey, type SocketTable, withBound, withPort } from './table.ts';
import { portCandidates } from './tcp/isn.ts';

const { IPPROTO_TCP } = UAPI;

/** Gives a socket its port, without asking whether it may have it. */
function takePort(kernel: KernelCore, sk: number, port: number): void {
  const { arena } = kernel;
  setSkMember(arena, sk, 'sock_common', 'skc_num', port);
  setSkMember(arena, sk, 'inet_sock', 'inet_sport', swap16(port));
}

/** A free port for a socket that has none: 0, or a positive errno. @kernel inet_autobind, inet_csk_find_open_port */
export function inetAutobind(kernel: KernelCore, sk: number): number {
  const { arena } = kernel;
  if (skMember(arena, sk, 'sock_common', 'skc_num') !== 0) return 0;
  const tcp = skMember(arena, sk, 'sock', 'sk_protocol') === IPPROTO_TCP;
  for (const port of portCandidates(kernel, draw(kernel))) {
    const { sockets } = kernel.world;
    if (!portIsFree(sockets, tcp ? 'tcp' : 'udp', port)) continue;
    takePort(kernel, sk, port);
    setTable(kernel, tcp ? withPort(sockets, port, sk) : withBound(sockets, boundKey('udp', port), sk, false));
    return 0;
  }
  return ERRNO.EADDRINUSE;
}

/** Is there a connection with these ends? */
function inUse(table: SocketTable, { local, port, remote, remotePort }: Ends): boolean {
  return table.established.get(ehashKey(addressWords(local), port, addressWords(remote), remotePort)) !== undefined;
}

/** The port of a connection that begins; those that somebody has bound are passed over. @kernel __inet_hash_connect */
export function inetHashConnect(kernel: KernelCore, sk: number, ends: Ends): number {
  const { world } = kernel;
  if (ends.port !== 0) return inUse(world.sockets, ends) ? ERRNO.EADDRNOTAVAIL : 0;
  for (const port of portCandidates(kernel, draw(kernel))) {
    if (portIsBound(kernel.arena, world.sockets, port) || inUse(world.sockets, { ...ends, port })) continue;
    takePort(kernel, sk, port);
    setTable(kernel, withPort(kernel.world.sockets, port, sk));
    return 0;
  }
  return ERRNO.EADDRNOTAVAIL;
}
