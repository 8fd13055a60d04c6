/** Members of TCP socket objects, and changes of state. */
import type { Arena } from '../../../mem/arena.ts';
import { setSkMember, setSkMember64, skMember } from '../../../net/inetSock.ts';
import { readMember, writeMember } from '../../../net/skbField.ts';
import { UAPI } from '../../../spec/constants.ts';
import { LAYOUTS, type MemberLayout, type MemberName, offsetOf } from '../../../spec/layouts.ts';
import { clockJiffies } from '../../clock.ts';
import type { KernelCore } from '../../core.ts';
import { addRefs, changeLife, getLife, netSysctl, nowNs, type SockCall } from '../call.ts';
import type { SockAlarm } from '../life.ts';

export const {
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_NEW_SYN_RECV,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCP_TIME_WAIT,
} = UAPI;

/** SHUT_RD and SHUT_WR as sk_shutdown keeps them. */
export const RCV_SHUTDOWN = 1;
export const SEND_SHUTDOWN = 2;
/** sk_flags: nobody holds the socket any more. */
export const SOCK_DEAD = 0;
export const TICK_NS = 4_000_000n;

type TcpMember = MemberName<'tcp_sock'>;
const RX_OPT = offsetOf('tcp_sock', 'rx_opt');

export function tp(arena: Arena, sk: number, name: TcpMember): number {
  return skMember(arena, sk, 'tcp_sock', name);
}

export function setTp(arena: Arena, sk: number, name: TcpMember, value: number): void {
  setSkMember(arena, sk, 'tcp_sock', name, value);
}

/** Adds to a counter of 32 bits. */
export function addTp(arena: Arena, sk: number, name: TcpMember, by: number): void {
  setTp(arena, sk, name, tp(arena, sk, name) + by);
}

/** Adds to a counter of 64 bits. */
export function addTp64(arena: Arena, sk: number, name: TcpMember, by: number): void {
  const at = sk + offsetOf('tcp_sock', name);
  const sum = arena.getU32(at + 4) * 2 ** 32 + arena.getU32(at) + by;
  setSkMember64(arena, sk, 'tcp_sock', name, sum | 0, Math.floor(sum / 2 ** 32));
}

type RxMember = MemberName<'tcp_options_received'>;
const RX: Readonly<Record<RxMember, MemberLayout>> = LAYOUTS.tcp_options_received.members;

export function rxOpt(arena: Arena, sk: number, name: RxMember): number {
  return readMember(arena, sk + RX_OPT, RX[name]);
}

export function setRxOpt(arena: Arena, sk: number, name: RxMember, value: number): void {
  writeMember(arena, sk + RX_OPT, RX[name], value);
}

export function stateOf(arena: Arena, sk: number): number {
  return skMember(arena, sk, 'sock_common', 'skc_state');
}

/** @kernel inet_sk_state_store */
export function setState({ kernel, effects }: SockCall, sk: number, to: number): void {
  const from = stateOf(kernel.arena, sk);
  if (from === to) return;
  setSkMember(kernel.arena, sk, 'sock_common', 'skc_state', to);
  effects.push({ kind: 'state', sk, from, to });
}

/** The time stamp of segments sent now: milliseconds. @kernel tcp_time_stamp_ts */
export function tcpTimeStamp({ world }: KernelCore): number {
  return (world.clock.sec * 1000 + Math.floor(world.clock.nsec / 1_000_000)) >>> 0;
}

export function timestampsOn(kernel: KernelCore): boolean {
  return netSysctl(kernel, 'net.ipv4.tcp_timestamps') !== 0;
}

/** Asks for an alarm; the one that was asked for before comes to nothing. @kernel sk_reset_timer */
export function setAlarm(call: SockCall, sk: number, what: SockAlarm, afterNs: bigint): void {
  const due = nowNs(call) + afterNs;
  if (what === 'retransmit' && getLife(call, sk).armed === undefined) addRefs(call.kernel, sk, 1);
  changeLife(call, sk, { due, armed: due });
  call.effects.push({ kind: 'alarm', sk, afterNs, what });
  if (what !== 'retransmit') return;
  const [lo, hi] = clockJiffies(call.kernel.world.clock);
  const ticks = (hi >>> 0) * 2 ** 32 + (lo >>> 0) + Number(afterNs / TICK_NS);
  setSkMember64(call.kernel.arena, sk, 'inet_connection_sock', 'icsk_timeout', ticks | 0, Math.floor(ticks / 2 ** 32));
  setSkMember(call.kernel.arena, sk, 'inet_connection_sock', 'icsk_pending', 1);
}

/** Nothing is waited for any more; the timer itself runs out by itself. @kernel inet_csk_clear_xmit_timer */
export function clearAlarm(call: SockCall, sk: number): void {
  if (getLife(call, sk).due === undefined) return;
  changeLife(call, sk, { due: undefined });
  setSkMember(call.kernel.arena, sk, 'inet_connection_sock', 'icsk_pending', 0);
}

/** Is this alarm one that still counts? An idle timer that runs out gives its reference back. */
export function alarmCounts(call: SockCall, sk: number, what: SockAlarm): boolean {
  const { due, armed } = getLife(call, sk);
  const now = nowNs(call);
  if (armed === undefined || now < armed) return false;
  if (due !== undefined && now < due) return false;
  if (what === 'retransmit') addRefs(call.kernel, sk, -1);
  changeLife(call, sk, { due: undefined, armed: undefined });
  return due !== undefined;
}
