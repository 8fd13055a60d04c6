/** Routes as the helpers reach them. */

export interface FibPort {
  /** Fills `struct bpf_fib_lookup` at `params`; a BPF_FIB_LKUP_RET_* value or a negative errno. */
  lookup(object: number, params: number, flags: number, family: 'inet' | 'inet6'): number;
}
