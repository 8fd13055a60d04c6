/** A record of the referee's programs, one for each call, in their map `data`. */

/**
 * Bytes of a record. From 0: a struct bpf_fib_lookup, the u32 of bpf_check_mtu or a struct bpf_sock_tuple; from SOCK: the
 * struct bpf_sock that a look-up found.
 */
export const RECORD = 128;
export const SOCK = 40;
