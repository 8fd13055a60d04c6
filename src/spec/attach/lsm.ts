/** LSM hooks of 6.12 that programs may be attached to, and what each is like. Recorded from the running kernel. */

interface LsmHook {
  /** Sleepable programs may be attached. */
  readonly sleepable: boolean;
  /** Programs may not be attached after all. */
  readonly disabled: boolean;
  /** The objects in the context are being made or freed, so that pointers to them are not trusted. */
  readonly untrusted: boolean;
  /** The result is 0 or 1, elsewhere 0 or a negated errno. */
  readonly bool: boolean;
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Hooks that may run where sleeping is not allowed. */
const ATOMIC = words(`
  audit_rule_free audit_rule_init audit_rule_known backing_file_alloc backing_file_free bdev_alloc_security
  bdev_free_security bdev_setintegrity binder_set_context_mgr binder_transaction binder_transfer_binder
  binder_transfer_file bpf_prog_free capable cred_alloc_blank cred_free cred_getsecid cred_transfer d_instantiate
  dentry_create_files_as dentry_init_security file_alloc_security file_fcntl file_free_security file_ioctl_compat
  file_mprotect file_permission file_release file_send_sigiotask file_set_fowner file_truncate fs_context_dup
  fs_context_parse_param fs_context_submount ib_alloc_security ib_endport_manage_subnet ib_pkey_access
  inet_conn_established inet_conn_request inet_csk_clone initramfs_populated inode_alloc_security inode_copy_up
  inode_follow_link inode_free_security_rcu inode_get_acl inode_getsecctx inode_getsecid inode_init_security
  inode_init_security_anon inode_invalidate_secctx inode_killpriv inode_link inode_listxattr inode_mkdir
  inode_notifysecctx inode_permission inode_post_create_tmpfile inode_post_remove_acl inode_post_removexattr
  inode_post_set_acl inode_post_setattr inode_remove_acl inode_removexattr inode_set_acl inode_setintegrity
  inode_setsecctx inode_setsecurity inode_xattr_skipcap ipc_getsecid ipc_permission kernel_act_as
  kernel_create_files_as kernel_load_data kernel_post_load_data kernel_post_read_file key_alloc key_permission
  key_post_create_or_update locked_down mmap_addr mmap_backing_file move_mount mptcp_add_subflow
  msg_msg_alloc_security msg_msg_free_security msg_queue_alloc_security msg_queue_associate msg_queue_free_security
  msg_queue_msgctl msg_queue_msgrcv msg_queue_msgsnd path_chroot path_mknod path_post_mknod perf_event_alloc
  perf_event_open perf_event_read perf_event_write ptrace_access_check ptrace_traceme quota_on quotactl
  req_classify_flow sb_clone_mnt_opts sb_delete sb_free_mnt_opts sb_free_security sb_mnt_opts_compat sb_pivotroot
  sctp_assoc_established sctp_assoc_request sctp_bind_connect sctp_sk_clone secctx_to_secid secid_to_secctx
  secmark_refcount_dec secmark_refcount_inc secmark_relabel_packet sem_alloc_security sem_associate sem_free_security
  sem_semctl sem_semop setselfattr shm_alloc_security shm_associate shm_free_security shm_shmat shm_shmctl
  sk_alloc_security sk_clone_security sk_free_security sk_getsecid sock_graft socket_getpeersec_stream
  socket_setsockopt socket_sock_rcv_skb task_fix_setgid task_fix_setgroups task_fix_setuid task_free task_getioprio
  task_getpgid task_getscheduler task_getsid task_kill task_movememory task_prlimit task_setioprio task_setnice
  task_setpgid task_setrlimit task_to_inode tun_dev_alloc_security tun_dev_attach tun_dev_attach_queue tun_dev_create
  tun_dev_open unix_may_send unix_stream_connect uring_cmd uring_override_creds uring_sqpoll
  xfrm_policy_alloc_security xfrm_policy_clone_security xfrm_policy_delete_security xfrm_policy_free_security
  xfrm_policy_lookup xfrm_state_alloc xfrm_state_alloc_acquire xfrm_state_delete_security xfrm_state_free_security
  xfrm_state_pol_flow_match
`);

const SLEEPABLE = words(`
  bpf bpf_map bpf_map_create bpf_map_free bpf_prog bpf_prog_load bpf_token_capable bpf_token_cmd bpf_token_create
  bpf_token_free bprm_check_security bprm_committed_creds bprm_committing_creds bprm_creds_for_exec
  bprm_creds_from_file capget capset cred_prepare current_getsecid_subj file_ioctl file_lock file_open file_post_open
  file_receive inode_create inode_free_security inode_getattr inode_getxattr inode_mknod inode_post_setxattr
  inode_readlink inode_rename inode_rmdir inode_setattr inode_setxattr inode_symlink inode_unlink
  kernel_module_request kernel_read_file kernfs_init_security mmap_file netlink_send path_chmod path_chown path_link
  path_mkdir path_notify path_rename path_rmdir path_symlink path_truncate path_unlink release_secctx
  sb_alloc_security sb_eat_lsm_opts sb_kern_mount sb_mount sb_remount sb_set_mnt_opts sb_show_options sb_statfs
  sb_umount settime socket_accept socket_bind socket_connect socket_create socket_getpeername socket_getpeersec_dgram
  socket_getsockname socket_getsockopt socket_listen socket_post_create socket_recvmsg socket_sendmsg socket_shutdown
  socket_socketpair syslog task_alloc task_getsecid_obj task_prctl task_setscheduler userns_create
`);

/** bpf_lsm_disabled_hooks; of these only `inode_need_killpriv` is sleepable. */
const DISABLED: ReadonlySet<string> = new Set(
  words(`
  audit_rule_match getprocattr getselfattr inode_copy_up_xattr inode_getsecurity inode_listsecurity
  inode_need_killpriv ismaclabel key_getsecurity setprocattr vm_enough_memory xfrm_decode_session
`),
);
const DISABLED_SLEEPABLE = 'inode_need_killpriv';

/** untrusted_lsm_hooks */
const UNTRUSTED: ReadonlySet<string> = new Set(
  words(`
  bpf_map_free bpf_prog_free file_alloc_security file_free_security sk_alloc_security sk_free_security task_free
`),
);

/** bool_lsm_hooks */
const BOOL: ReadonlySet<string> = new Set(['audit_rule_known', 'inode_xattr_skipcap', 'xfrm_state_pol_flow_match']);

const NAMES: ReadonlySet<string> = new Set([...ATOMIC, ...SLEEPABLE, ...DISABLED]);
const SLEEPABLE_NAMES: ReadonlySet<string> = new Set([...SLEEPABLE, DISABLED_SLEEPABLE]);

const PREFIX = 'bpf_lsm_';

/** The hook behind a function `bpf_lsm_X`; undefined for functions that are none. */
export function lsmHook(func: string): LsmHook | undefined {
  const name = func.startsWith(PREFIX) ? func.slice(PREFIX.length) : '';
  if (!NAMES.has(name)) return undefined;
  return {
    sleepable: SLEEPABLE_NAMES.has(name),
    disabled: DISABLED.has(name),
    untrusted: UNTRUSTED.has(name),
    bool: BOOL.has(name),
  };
}
