/** bpf_bind: the local address of a socket that is about to connect. */
import { UAPI } from '../spec/constants.ts';
import type { HelperEnv } from './env.ts';
import { EAFNOSUPPORT, EINVAL } from './impl.ts';

const { AF_INET, AF_INET6 } = UAPI;
/** struct sockaddr_in, and struct sockaddr_in6 up to its scope. */
const SOCKADDR = { family: 2, in: 16, in6: 24, addr4: 4, addr6: 8, port: 2 } as const;

/** 0 or a negative errno. @kernel bpf_bind */
export function bpfBind(env: HelperEnv, sk: number, addr: number, length: number): number {
  const { arena } = env;
  if (length < SOCKADDR.family) return -EINVAL;
  const family = arena.getU16(addr);
  if (family !== AF_INET && family !== AF_INET6) return -EAFNOSUPPORT;
  const v6 = family === AF_INET6;
  if (length < (v6 ? SOCKADDR.in6 : SOCKADDR.in)) return -EINVAL;
  const port = (arena.u8[addr + SOCKADDR.port]! << 8) | arena.u8[addr + SOCKADDR.port + 1]!;
  const address = v6 ? arena.bytes(addr + SOCKADDR.addr6, 16) : arena.bytes(addr + SOCKADDR.addr4, 4);
  return env.sockets.bind(sk, address, port);
}
