/** Sockets as the helpers reach them. */

/** Key of a socket lookup: addresses and ports in network order as the program gave them. */
interface SocketLookup {
  readonly proto: 'tcp' | 'udp';
  readonly family: 'inet' | 'inet6';
  /** Address of the `struct bpf_sock_tuple`. */
  readonly tuple: number;
  /** Network namespace id, or -1 for the one of the context. */
  readonly netns: number;
  readonly ifindex: number;
  /** False for skc_lookup: request and TIME_WAIT sockets count too. */
  readonly full: boolean;
}

export interface SocketPort {
  /** Address of the socket, holding a reference where it is counted; 0 when there is none. */
  lookup(key: SocketLookup): number;
  release(sock: number): void;
  /** The 64-bit cookie of a socket through ret64. */
  cookie(sock: number): void;
}
