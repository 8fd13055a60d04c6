/** Errors that the node sends about packets that it cannot deliver. */
import type { KernelCore } from '../core.ts';
import type { Trip } from './state.ts';

/** What is wrong with the packet. */
export type IcmpError = 'no-route' | 'time-exceeded' | 'too-big' | 'port' | 'protocol';

/** Tells a packet's sender what is wrong with it, where a route leads back. @kernel icmp_send, icmp6_send */
export function sendIcmp(_kernel: KernelCore, _trip: Trip, _skb: number, _error: IcmpError, _info = 0): void {}
