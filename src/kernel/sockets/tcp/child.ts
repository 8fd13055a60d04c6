/** The socket of an accepted connection. */
import { SOCK_FLAG, setSkMember, setSockFlag, skMember } from '../../../net/inetSock.ts';
import { UAPI } from '../../../spec/constants.ts';
import { offsetOf } from '../../../spec/layouts.ts';
import { swap16 } from '../../../util/bits.ts';
import { getLife, type SockCall, setTable } from '../call.ts';
import { createSocket, pinet6 } from '../create.ts';
import { endsOf, mapped, setEnds } from '../ends.ts';
import type { Segment } from '../packet/segment.ts';
import { withPort, withSocket } from '../table.ts';
import { setRxOpt, setTp, TCP_LISTEN } from './sock.ts';
import { beginId, beginWindow, tcpSyncMss } from './window.ts';

const { AF_INET6 } = UAPI;
const DEFAULT_TTL = 64;
const SOCK_MEMBERS = ['sk_mark', 'sk_priority', 'sk_uid', 'sk_userlocks', 'sk_rcvbuf', 'sk_sndbuf'] as const;
const COMMON_MEMBERS = ['skc_reuse', 'skc_reuseport', 'skc_ipv6only', 'skc_bound_dev_if'] as const;
/** sk_userlocks: the port was bound; children hold it without. */
const SOCK_BINDPORT_LOCK = 8;

/** Its address, in the state of its listener, in no table but that of ports; 0 without memory. @kernel tcp_create_openreq_child */
export function createChild(call: SockCall, req: number, listener: number, seg: Segment): number {
  const { kernel } = call;
  const { arena } = kernel;
  const v6 = skMember(arena, listener, 'sock_common', 'skc_family') === AF_INET6;
  const made = createSocket(arena, 'tcp', v6 ? 'inet6' : 'inet');
  if (!made.ok) return 0;
  const sk = made.value;
  for (const name of COMMON_MEMBERS)
    setSkMember(arena, sk, 'sock_common', name, skMember(arena, listener, 'sock_common', name));
  for (const name of SOCK_MEMBERS) setSkMember(arena, sk, 'sock', name, skMember(arena, listener, 'sock', name));
  const locks = skMember(arena, listener, 'sock', 'sk_userlocks') & ~SOCK_BINDPORT_LOCK;
  setSkMember(arena, sk, 'sock', 'sk_userlocks', locks);
  setSkMember(arena, sk, 'sock', 'sk_mark', skMember(arena, req, 'inet_request_sock', 'ir_mark'));
  setSkMember(arena, sk, 'inet_sock', 'tos', skMember(arena, listener, 'inet_sock', 'tos'));
  setSkMember(arena, sk, 'sock_common', 'skc_state', TCP_LISTEN);
  setSockFlag(arena, sk, SOCK_FLAG.zapped, false);
  const ends = endsOf(arena, req);
  setEnds(arena, sk, ends, { mapped: true, accepted: true });
  setSkMember(arena, sk, 'inet_sock', 'inet_sport', swap16(ends.port));
  arena.setU32(sk + offsetOf('inet_sock', 'inet_saddr'), arena.getU32(sk + offsetOf('sock_common', 'skc_rcv_saddr')));
  if (v6) arena.put(pinet6(arena, sk), ends.local.length === 4 ? mapped(ends.local) : ends.local);
  setSkMember(arena, sk, 'sock_common', 'skc_rx_queue_mapping', 0);
  setSkMember(arena, sk, 'sock_common', 'skc_incoming_cpu', kernel.world.cpu);
  setSkMember(arena, sk, 'inet_sock', 'mc_ttl', ends.local.length === 4 ? DEFAULT_TTL : 1);
  fillTcp(call, sk, req, seg);
  setTable(kernel, withPort(withSocket(kernel.world.sockets, sk), ends.port, sk));
  return sk;
}

/** Numbers, options and windows of the handshake. */
function fillTcp(call: SockCall, sk: number, req: number, seg: Segment): void {
  const { arena } = call.kernel;
  const next = skMember(arena, req, 'tcp_request_sock', 'rcv_nxt');
  const first = (skMember(arena, req, 'tcp_request_sock', 'snt_isn') + 1) >>> 0;
  for (const name of ['rcv_nxt', 'rcv_wup', 'copied_seq'] as const) setTp(arena, sk, name, next);
  for (const name of ['snd_una', 'snd_nxt', 'write_seq', 'snd_sml', 'pushed_seq'] as const)
    setTp(arena, sk, name, first);
  const flag = (name: 'tstamp_ok' | 'sack_ok' | 'wscale_ok' | 'snd_wscale'): number =>
    skMember(arena, req, 'inet_request_sock', name);
  for (const name of ['tstamp_ok', 'sack_ok', 'wscale_ok', 'snd_wscale'] as const)
    setRxOpt(arena, sk, name, flag(name));
  setRxOpt(arena, sk, 'ts_recent', skMember(arena, req, 'request_sock', 'ts_recent'));
  setRxOpt(arena, sk, 'ts_recent_stamp', flag('tstamp_ok') ? call.kernel.world.clock.sec : 0);
  setRxOpt(arena, sk, 'mss_clamp', skMember(arena, req, 'request_sock', 'mss'));
  const { mss } = getLife(call, req);
  setTp(arena, sk, 'advmss', mss);
  const wnd = skMember(arena, req, 'sock_common', 'skc_rcv_wnd');
  beginWindow(call, sk, { wnd, scale: skMember(arena, req, 'inet_request_sock', 'rcv_wscale') });
  setTp(arena, sk, 'snd_wnd', seg.window * 2 ** flag('snd_wscale'));
  setTp(arena, sk, 'max_window', seg.window * 2 ** flag('snd_wscale'));
  tcpSyncMss(call, sk, mss);
  beginId(call, sk);
}
