/** Sockets as the helpers reach them. A socket is the address of its kernel object; programs see it through views. */
import type { SiphashKey } from '../../net/siphash.ts';

/** Key of a socket lookup: addresses and ports in network order as the program gave them. */
export interface SocketLookup {
  readonly proto: 'tcp' | 'udp';
  readonly family: 'inet' | 'inet6';
  /** Address of the `struct bpf_sock_tuple`. */
  readonly tuple: number;
  /** Network namespace id, or -1 for the one of the context. */
  readonly netns: number;
  readonly ifindex: number;
}

export interface SocketPort {
  /** The socket, holding a reference where it is counted; 0 when there is none. */
  lookup(key: SocketLookup): number;
  /** The `struct bpf_sock` that stands for a socket, or its `struct bpf_tcp_sock`; 0 without memory. */
  view(sk: number, struct: 'bpf_sock' | 'bpf_tcp_sock'): number;
  /** Takes a reference of a counted socket: its `struct bpf_sock`. */
  acquire(sk: number): number;
  /** Drops a reference of a counted socket. */
  release(sk: number): void;
  /** The 64-bit cookie of a socket through ret64; a socket gets its cookie when it is first asked for. */
  cookie(sk: number): void;
  /** Id of the reuseport group that a socket is in; 0 for none. */
  reuseportId(sk: number): number;
  /** Can look-ups find it? */
  hashed(sk: number): boolean;
  /** The two secrets of SYN cookies. */
  syncookieKey(version: 'v4' | 'v6', index: 0 | 1): SiphashKey;
  /** The socket that keeps when SYNs last had to be answered with cookies: its own or its reuseport group's. */
  overflowHolder(sk: number): number;
  /** Binds a socket; port in host order, 0 for the address alone. 0 or a negative errno. */
  bind(sk: number, address: Uint8Array, port: number): number;
  /** Address of the congestion control of this name; 0 for none. */
  congestion(name: string): number;
  /** Index of the interface of this name; 0 for none. */
  ifindexOf(name: string): number;
  /** Ticks since boot, 64 bits. */
  jiffies(): number;
  /** net.ipv4.tcp_syncookies of the network namespace: 0, 1 (in an emergency) or 2 (always). */
  readonly syncookies: number;
}
