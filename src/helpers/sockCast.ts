/** Casts of a socket to the kernel type that it really is: the object itself, or NULL. */
import { skFullsock, skMember } from '../net/inetSock.ts';
import { UAPI } from '../spec/constants.ts';
import type { HelperEnv } from './env.ts';
import type { ImplTable } from './impl.ts';
import { sockAt } from './sock.ts';

const { AF_INET6, AF_UNIX, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, TCP_NEW_SYN_RECV, TCP_TIME_WAIT } = UAPI;

function protocol(env: HelperEnv, sk: number): number {
  return skMember(env.arena, sk, 'sock', 'sk_protocol');
}

function family(env: HelperEnv, sk: number): number {
  return skMember(env.arena, sk, 'sock_common', 'skc_family');
}

/** The object if it is a full socket that passes the test. */
function fullCast(env: HelperEnv, pointer: number, fits: (sk: number) => boolean): number {
  const sk = sockAt(env, pointer);
  return sk !== 0 && skFullsock(env.arena, sk) && fits(sk) ? sk : 0;
}

/** Sockets of these two states exist only for TCP. */
function stateCast(env: HelperEnv, pointer: number, state: number): number {
  const sk = sockAt(env, pointer);
  return sk !== 0 && skMember(env.arena, sk, 'sock_common', 'skc_state') === state ? sk : 0;
}

export const sockCastImpls = {
  bpf_skc_to_tcp_sock: (env, sk) => fullCast(env, sk, (s) => protocol(env, s) === IPPROTO_TCP),
  bpf_skc_to_tcp6_sock: (env, sk) =>
    fullCast(env, sk, (s) => protocol(env, s) === IPPROTO_TCP && family(env, s) === AF_INET6),
  bpf_skc_to_udp6_sock: (env, sk) =>
    fullCast(
      env,
      sk,
      (s) =>
        protocol(env, s) === IPPROTO_UDP &&
        skMember(env.arena, s, 'sock', 'sk_type') === SOCK_DGRAM &&
        family(env, s) === AF_INET6,
    ),
  bpf_skc_to_unix_sock: (env, sk) => fullCast(env, sk, (s) => family(env, s) === AF_UNIX),
  bpf_skc_to_tcp_timewait_sock: (env, sk) => stateCast(env, sk, TCP_TIME_WAIT),
  bpf_skc_to_tcp_request_sock: (env, sk) => stateCast(env, sk, TCP_NEW_SYN_RECV),
  // There are no MPTCP sockets, so no TCP socket is a subflow of one.
  bpf_skc_to_mptcp_sock: () => 0,
} satisfies ImplTable;
