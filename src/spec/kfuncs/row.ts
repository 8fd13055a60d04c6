/** The shape of a kfunc's row. Prototypes are not here: they come from the BTF of the profile or of the module. */

/**
 * Which programs may call the kfuncs registered with a hook: prog types, `all` or none. `fmodret` is no right to call: programs
 * attached as modify_return may be attached to those.
 * @kernel bpf_prog_type_to_kfunc_hook
 */
export const KFUNC_HOOKS = {
  common: 'all',
  xdp: ['xdp'],
  tc: ['sched_cls'],
  struct_ops: ['struct_ops'],
  tracing: ['tracing', 'tracepoint', 'perf_event', 'lsm'],
  syscall: ['syscall'],
  fmodret: [],
  cgroup: ['cgroup_skb', 'cgroup_sock', 'cgroup_device', 'cgroup_sock_addr', 'cgroup_sockopt', 'cgroup_sysctl'],
  sched_act: ['sched_act'],
  sk_skb: ['sk_skb'],
  socket_filter: ['socket_filter'],
  lwt: ['lwt_in', 'lwt_out', 'lwt_xmit', 'lwt_seg6local'],
  netfilter: ['netfilter'],
  kprobe: ['kprobe'],
} as const satisfies Readonly<Record<string, 'all' | readonly string[]>>;

type KfuncHook = keyof typeof KFUNC_HOOKS;

/** Bits of a kfunc's flags word in the kernel's .BTF_ids (include/linux/btf.h). */
export const KFUNC_FLAGS = {
  /** Returns a reference that must be released. */
  KF_ACQUIRE: 0x1,
  /** Releases the reference of one of its arguments. */
  KF_RELEASE: 0x2,
  /** Returns a pointer that may be null. */
  KF_RET_NULL: 0x4,
  /** Takes only trusted pointers, with an offset of 0. */
  KF_TRUSTED_ARGS: 0x10,
  /** May sleep: only sleepable programs call it. */
  KF_SLEEPABLE: 0x20,
  /** Asks for CAP_SYS_BOOT. */
  KF_DESTRUCTIVE: 0x40,
  /** Takes trusted or RCU-protected pointers. */
  KF_RCU: 0x80,
  KF_ITER_NEW: 0x100,
  KF_ITER_NEXT: 0x200,
  KF_ITER_DESTROY: 0x400,
  /** Is called in an RCU read-side section only. */
  KF_RCU_PROTECTED: 0x800,
} as const;

type KfuncFlag = keyof typeof KFUNC_FLAGS;

/** A further condition on the program: its prog type, its expected_attach_type, or both. */
interface KfuncFilter {
  readonly progType?: string;
  readonly attachType?: string;
}

export interface KfuncRow {
  readonly flags: readonly KfuncFlag[];
  readonly hooks: readonly KfuncHook[];
  readonly filter?: KfuncFilter;
  /** Only programs bound to a device call it; for all others the verifier's first word is `metadata kfuncs require device-bound program`. */
  readonly deviceBound?: true;
  /** Module that has it; absent for vmlinux. */
  readonly module?: string;
  /** Release in which programs could first call it (or, fmodret, be attached to it). */
  readonly since: string;
}

export type KfuncTable = Readonly<Record<string, KfuncRow>>;
