/** What calls of helpers do beside their result. */
import { HELPERS } from '../../spec/helpers/index.ts';
import type { HelperName } from '../../spec/helpers/params.ts';

/** Helpers that may move or change the packet. @kernel bpf_helper_changes_pkt_data */
export const CHANGES_PACKET: ReadonlySet<HelperName> = new Set<HelperName>([
  'bpf_tail_call',
  'bpf_skb_vlan_push',
  'bpf_skb_vlan_pop',
  'bpf_skb_store_bytes',
  'bpf_skb_change_proto',
  'bpf_skb_change_tail',
  'bpf_skb_change_head',
  'bpf_skb_adjust_room',
  'bpf_skb_pull_data',
  'bpf_clone_redirect',
  'bpf_l3_csum_replace',
  'bpf_l4_csum_replace',
  'bpf_xdp_adjust_head',
  'bpf_xdp_adjust_meta',
  'bpf_xdp_adjust_tail',
  'bpf_msg_pull_data',
  'bpf_msg_push_data',
  'bpf_msg_pop_data',
  'bpf_lwt_push_encap',
  'bpf_lwt_seg6_store_bytes',
  'bpf_lwt_seg6_adjust_srh',
  'bpf_lwt_seg6_action',
  'bpf_store_hdr_opt',
  'bpf_load_hdr_opt',
  'bpf_reserve_hdr_opt',
  // The program that is called may change it.
  'bpf_tail_call',
]);

/** Helpers that run a callback before they return. */
export const SYNC_CALLBACKS: ReadonlySet<number> = new Set<number>([
  HELPERS.bpf_for_each_map_elem.id,
  HELPERS.bpf_find_vma.id,
  HELPERS.bpf_loop.id,
  HELPERS.bpf_user_ringbuf_drain.id,
]);
