/** What sockets do: the effects that their functions answer, and what of their lives is not in kernel objects. */
import type { IntMap } from '../../util/intMap.ts';

/** One thing that is to happen because of a call, as data. `sk` is the address of a socket object. */
export type SockEffect =
  /** An IP packet without link layer, complete with checksums; `sk` 0: nobody's (a RST for no connection, an ICMP error). */
  | {
      readonly kind: 'send';
      readonly sk: number;
      readonly packet: Uint8Array;
      /** A small socket that the packet carries, too: a SYN-ACK does. @kernel skb_set_owner_edemux */
      readonly carried?: boolean;
    }
  /** TCP_ numbers. */
  | { readonly kind: 'state'; readonly sk: number; readonly from: number; readonly to: number }
  /** A connection that accept(2) can take: its handshake is done. */
  | { readonly kind: 'child'; readonly listener: number; readonly sk: number }
  /** Bytes for the application. */
  | { readonly kind: 'data'; readonly sk: number; readonly bytes: Uint8Array; readonly from?: SockEnd }
  /** The peer has closed: read(2) answers 0 from now on. */
  | { readonly kind: 'end'; readonly sk: number }
  /** A positive errno: ECONNRESET, ECONNREFUSED, ETIMEDOUT … */
  | { readonly kind: 'error'; readonly sk: number; readonly errno: number }
  /** `tcpAlarm` is to be called after so many nanoseconds; alarms that came to nothing since are recognised there. */
  | { readonly kind: 'alarm'; readonly sk: number; readonly afterNs: bigint; readonly what: SockAlarm }
  /** Nobody finds the socket any more: what hangs on it is to be freed, then `freeSocket` called. */
  | { readonly kind: 'destroy'; readonly sk: number };

export type SockAlarm = 'time_wait' | 'retransmit' | 'request';

/** An address in network order (4 or 16 bytes) and a port. */
export interface SockEnd {
  readonly addr: Uint8Array;
  readonly port: number;
}

/** What a system call on a socket answers: 0 or a positive errno, and what is to happen. */
export interface SockAnswer {
  readonly errno: number;
  readonly effects: readonly SockEffect[];
}

/** What became of a packet that came in. */
export interface SockReceived {
  readonly effects: readonly SockEffect[];
  /** Why the packet was dropped: a name of enum skb_drop_reason without SKB_DROP_REASON_. */
  readonly drop?: DropReason;
}

export type DropReason =
  | 'NOT_SPECIFIED'
  | 'NO_SOCKET'
  | 'NOMEM'
  | 'PKT_TOO_SMALL'
  | 'TCP_CSUM'
  | 'UDP_CSUM'
  | 'ICMP_CSUM'
  | 'TCP_FLAGS'
  | 'TCP_ABORT_ON_DATA'
  | 'TCP_ZEROWINDOW'
  | 'TCP_OLD_DATA'
  | 'TCP_OVERWINDOW'
  | 'TCP_RFC7323_PAWS'
  | 'TCP_OLD_SEQUENCE'
  | 'TCP_INVALID_SEQUENCE'
  | 'TCP_INVALID_ACK_SEQUENCE'
  | 'TCP_RESET'
  | 'TCP_INVALID_SYN'
  | 'TCP_CLOSE'
  | 'TCP_OLD_ACK'
  | 'TCP_TOO_OLD_ACK'
  | 'TCP_ACK_UNSENT_DATA'
  | 'SOCKET_CLOSE';

/** A segment that was sent and is not acknowledged. */
export interface SentSegment {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly syn: boolean;
  readonly fin: boolean;
}

/** Bytes that arrived before those in front of them. */
export interface Piece {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly fin: boolean;
}

/** Immutable, as the World is. */
export interface SocketLife {
  /** Bytes that wait for room in the peer's window, and whether a FIN comes behind them. */
  readonly unsent: readonly Uint8Array[];
  readonly finWaits: boolean;
  /** In sequence. @kernel tcp_rtx_queue */
  readonly sent: readonly SentSegment[];
  /** By sequence number, without overlaps. @kernel out_of_order_queue */
  readonly early: readonly Piece[];
  /** When the socket's alarm counts, in nanoseconds since boot; undefined when nothing is waited for. */
  readonly due: bigint | undefined;
  /** The time of the last alarm that was asked for; its timer holds a reference of the socket. */
  readonly armed: bigint | undefined;
  /** Of listening sockets: request sockets, and connections that wait for accept(2). */
  readonly requests: IntMap<true> | undefined;
  readonly acceptQueue: readonly number[];
  /** Of request sockets: the MSS of the route back. */
  readonly mss: number;
}

export const NEW_LIFE: SocketLife = {
  unsent: [],
  finWaits: false,
  sent: [],
  early: [],
  due: undefined,
  armed: undefined,
  requests: undefined,
  acceptQueue: [],
  mss: 0,
};
