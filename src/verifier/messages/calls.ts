/** Helper calls. */
import { m, type VerifierMessage } from './row.ts';

export const callMessages = {
  'ld-abs-callback': m('EINVAL', 'cannot use BPF_LD_[ABS|IND] within callback'),
  'sockmap-arg': m('EINVAL', 'invalid arg_type for sockmap/sockhash'),
  'misconfigured-ctx': m('EINVAL', 'bpf verifier is misconfigured'),
  'sleepable-map': m('EINVAL', 'Sleepable programs can only use array, hash, ringbuf and local storage maps'),
  'str-writable': m('EACCES', "R{r} does not point to a readonly map'"),
  'str-variable': m('EACCES', "R{r} is not a constant address'"),
  'str-direct': m('EACCES', 'no direct value access support for this map type'),
  'str-address': m('ENOTSUPP', 'direct value access on string failed'),
  'str-end': m('EINVAL', 'string is not zero-terminated'),
  'str-format': m('EINVAL', 'Invalid format string'),
  'helper-sleep-rcu': m('EINVAL', 'sleepable helper {name}#{id} in rcu_read_lock region'),
  'helper-sleep-preempt': m('EINVAL', 'sleepable helper {name}#{id} in non-preemptible region'),
  'map-write-forbidden': m('EACCES', 'write into map forbidden'),
  misconfigured: m('EINVAL', 'kernel subsystem misconfigured verifier'),
  'local-storage-flags': m('EINVAL', "get_local_storage() doesn't support non-zero flags"),
  'dynptr-from-mem': m('EACCES', 'Unsupported reg type {type} for bpf_dynptr_from_mem data'),
  'set-retval-void': m('EINVAL', "BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!"),
  'for-each-map': m('ENOTSUPP', 'callback function not allowed for map'),
  'arg-map-type': m('EACCES', 'invalid map_ptr to access map->type'),
  'arg-map-uid': m('EINVAL', "timer pointer in R1 map_uid={mine} doesn't match map pointer in R2 map_uid={other}"),
  'arg-may-write': m('EACCES', '{func}() may write into memory pointed by R{r} type={type}'),
  'release-offset': m('EINVAL', 'R{r} must have zero offset when passed to release func or trusted arg to kfunc'),
  'release-const-dynptr': m('EINVAL', 'cannot release unowned const bpf_dynptr'),
  'dynptr-unacquired': m('EINVAL', 'arg {n} is an unacquired reference'),
} as const satisfies Readonly<Record<string, VerifierMessage>>;
