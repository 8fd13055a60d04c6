/** Receive windows and segment sizes. */
import { setSkMember } from '../../../net/inetSock.ts';
import { randomOf } from '../../random.ts';
import { draw, netSysctl, type SockCall } from '../call.ts';
import { rxOpt, setRxOpt, setTp } from './sock.ts';

const U16_MAX = 0xffff;
const MAX_WSCALE = 14;
/** What a receive buffer of the default size is worth: half of it. */
const FULL_SPACE = 65536;
const HEADERS = { v4: 40, v6: 60 } as const;
const TS_SIZE = 12;
const ID_SECRET = 0x5ed0;
const MIN_MSS = 48;

/** The MSS of a route whose MTU is `mtu`. @kernel tcp_mtu_to_mss */
export function mssOfMtu(mtu: number, v6: boolean): number {
  return Math.max(MIN_MSS, mtu - (v6 ? HEADERS.v6 : HEADERS.v4));
}

/** Without a route's word: Ethernet. */
export function defaultMss(v6: boolean): number {
  return mssOfMtu(1500, v6);
}

/** @kernel tcp_select_initial_window */
export function selectInitialWindow(call: SockCall, mss: number, scaled: boolean): { wnd: number; scale: number } {
  const whole = FULL_SPACE > mss ? Math.floor(FULL_SPACE / mss) * mss : FULL_SPACE;
  const largest = Math.max(whole, netSysctl(call.kernel, 'net.ipv4.tcp_rmem', 2));
  const scale = Math.min(MAX_WSCALE, Math.max(0, 31 - Math.clz32(largest) - 15));
  return { wnd: Math.min(whole, U16_MAX), scale: scaled ? scale : 0 };
}

/** What a connection can send at once, from the route's MSS and the peer's. @kernel tcp_sync_mss */
export function tcpSyncMss(call: SockCall, sk: number, mss: number): void {
  const { arena } = call.kernel;
  const stamps = rxOpt(arena, sk, 'tstamp_ok') === 0 ? 0 : TS_SIZE;
  const clamp = rxOpt(arena, sk, 'mss_clamp') || U16_MAX;
  setTp(arena, sk, 'mss_cache', Math.max(MIN_MSS, Math.min(mss, clamp)) - stamps);
  setTp(arena, sk, 'tcp_header_len', 20 + stamps);
}

/** The window that a connection begins with. */
export function beginWindow(call: SockCall, sk: number, { wnd, scale }: { wnd: number; scale: number }): void {
  const { arena } = call.kernel;
  setTp(arena, sk, 'rcv_wnd', wnd);
  setTp(arena, sk, 'window_clamp', U16_MAX * 2 ** scale);
  setTp(arena, sk, 'rcv_ssthresh', wnd);
  setRxOpt(arena, sk, 'rcv_wscale', scale);
}

/** IPv4 identifications begin anywhere. */
export function beginId({ kernel }: SockCall, sk: number): void {
  setSkMember(kernel.arena, sk, 'inet_sock', 'inet_id', randomOf(kernel.seed + ID_SECRET + draw(kernel)) & U16_MAX);
}
