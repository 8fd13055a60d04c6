/** Tracepoints of 6.12 whose pointer arguments may be NULL or an error. Recorded from the running kernel. */

interface RawTpArgs {
  /** Arguments that may be NULL, counted from 0. */
  readonly nullable: readonly number[];
  /** Arguments that may be an error, so that they count as numbers. */
  readonly errors: readonly number[];
}

const NULLABLE: Readonly<Record<string, readonly number[]>> = {
  sched_process_wait: [0],
  sched_pi_setprio: [1],
  sched_stick_numa: [2],
  sched_swap_numa: [2],
  tmigr_update_events: [0],
  mm_page_alloc: [0],
  mm_page_alloc_zone_locked: [0],
  mm_page_pcpu_drain: [0],
  mm_khugepaged_scan_pmd: [1],
  mm_collapse_huge_page_isolate: [0],
  writeback_dirty_folio: [1],
  folio_wait_writeback: [1],
  posix_lock_inode: [1],
  fcntl_setlk: [1],
  locks_remove_posix: [1],
  flock_lock_inode: [1],
  break_lease_noblock: [1],
  break_lease_block: [1],
  break_lease_unblock: [1],
  generic_delete_lease: [1],
  time_out_leases: [1],
  ext4_mballoc_discard: [1],
  ext4_mballoc_free: [1],
  kfree_skb: [3],
  tcp_send_reset: [0, 1],
  fib_table_lookup: [2],
  qdisc_dequeue: [3],
};

const ERRORS: Readonly<Record<string, readonly number[]>> = { signal_generate: [1], signal_deliver: [1] };

const of = (rows: Readonly<Record<string, readonly number[]>>, name: string): readonly number[] =>
  Object.hasOwn(rows, name) ? rows[name]! : [];

/** What is special about the arguments of a tracepoint of vmlinux. */
export function rawTpArgs(name: string): RawTpArgs {
  return { nullable: of(NULLABLE, name), errors: of(ERRORS, name) };
}
