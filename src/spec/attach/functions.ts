/** Functions of the kernel that tracing programs may be attached to in other ways than most. Recorded from the running kernel. */

interface FunctionAttach {
  /** No program may be attached: the code that runs programs calls it. */
  readonly denied: boolean;
  /** Sleepable programs may be attached. */
  readonly sleepable: boolean;
  /** A program attached as modify_return may replace the result. */
  readonly modifiable: boolean;
}

/** btf_id_deny */
const DENIED: ReadonlySet<string> = new Set([
  'migrate_enable',
  'migrate_disable',
  '__rcu_read_lock',
  '__rcu_read_unlock',
]);

/** Functions made for tests and hooks; the profile's kernel is built without error injection, which has many more. */
const SLEEPABLE: ReadonlySet<string> = new Set(['bpf_fentry_test1']);

const MODIFIABLE: ReadonlySet<string> = new Set([
  'update_socket_protocol',
  'bpf_fentry_test1',
  'bpf_modify_return_test',
  'bpf_modify_return_test2',
  'bpf_modify_return_test_tp',
]);

/** How programs may be attached to a function of vmlinux. */
export function functionAttach(name: string): FunctionAttach {
  return {
    denied: DENIED.has(name),
    sleepable: SLEEPABLE.has(name),
    modifiable: name.startsWith('security_') || MODIFIABLE.has(name),
  };
}
