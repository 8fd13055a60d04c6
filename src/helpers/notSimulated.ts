/** The helpers that the verifier knows and nothing in this simulation answers: calling one is a fault that says so. */

export const NOT_SIMULATED_NAMES = [
  'bpf_xdp_output',
  'bpf_tcp_send_ack',
  'bpf_sock_from_file',
  'bpf_lwt_seg6_store_bytes',
  'bpf_lwt_seg6_adjust_srh',
  'bpf_lwt_seg6_action',
  'bpf_override_return',
  'bpf_bprm_opts_set',
  'bpf_ima_inode_hash',
  'bpf_ima_file_hash',
  'bpf_perf_prog_read_value',
  'bpf_read_branch_records',
  'bpf_get_func_ip',
  'bpf_skb_output',
  'bpf_d_path',
  'bpf_rc_repeat',
  'bpf_rc_keydown',
  'bpf_rc_pointer_rel',
] as const;
