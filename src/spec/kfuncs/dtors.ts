/**
 * Kernel structs to which a map value may hold a reference (`__kptr`), with the function that drops it when the value goes. BTF with
 * a `__kptr` to any other struct of the kernel does not load (ENOENT); structs that only the program's own BTF knows are the
 * program's objects.
 * @kernel btf_find_dtor_kfunc
 */
export const KPTR_DTORS = {
  task_struct: 'bpf_task_release_dtor',
  cgroup: 'bpf_cgroup_release_dtor',
  bpf_cpumask: 'bpf_cpumask_release_dtor',
  bpf_crypto_ctx: 'bpf_crypto_ctx_release_dtor',
  prog_test_ref_kfunc: 'bpf_kfunc_call_test_release_dtor',
  prog_test_member: 'bpf_kfunc_call_memb_release_dtor',
} as const satisfies Readonly<Record<string, string>>;
