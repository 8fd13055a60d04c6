/** Helpers that change a map: what each does to it, and in which registers it finds the map and the key. */
import { UAPI } from '../../spec/constants.ts';

interface MapCall {
  readonly op: 'update' | 'delete';
  readonly map: number;
  /** Register that points to the key; absent for maps without keys, and where the key is an object. */
  readonly key?: number;
  /** Register of flags, one of whose bits must be set for the call to change anything. */
  readonly when?: { readonly reg: number; readonly bit: bigint };
}

const CREATE = { reg: 4, bit: BigInt(UAPI.BPF_LOCAL_STORAGE_GET_F_CREATE) };

export const MAP_CALLS: Readonly<Record<string, MapCall>> = {
  bpf_map_update_elem: { op: 'update', map: 1, key: 2 },
  bpf_map_delete_elem: { op: 'delete', map: 1, key: 2 },
  bpf_map_push_elem: { op: 'update', map: 1 },
  bpf_map_pop_elem: { op: 'delete', map: 1 },
  bpf_sock_map_update: { op: 'update', map: 2, key: 3 },
  bpf_sock_hash_update: { op: 'update', map: 2, key: 3 },
  bpf_sk_storage_get: { op: 'update', map: 1, when: CREATE },
  bpf_inode_storage_get: { op: 'update', map: 1, when: CREATE },
  bpf_task_storage_get: { op: 'update', map: 1, when: CREATE },
  bpf_cgrp_storage_get: { op: 'update', map: 1, when: CREATE },
  bpf_sk_storage_delete: { op: 'delete', map: 1 },
  bpf_inode_storage_delete: { op: 'delete', map: 1 },
  bpf_task_storage_delete: { op: 'delete', map: 1 },
  bpf_cgrp_storage_delete: { op: 'delete', map: 1 },
};
