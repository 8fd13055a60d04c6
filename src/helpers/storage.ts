/** Storage that hangs off sockets, tasks, cgroups and inodes, and of programs attached to cgroups. */
import { cgroupStorageValue } from '../maps/cgroupStorage.ts';
import { localStorageDelete, localStorageGet } from '../maps/localStorage.ts';
import { skFullsock, skMember } from '../net/inetSock.ts';
import { UAPI } from '../spec/constants.ts';
import type { HelperEnv } from './env.ts';
import { EINVAL, ENOENT, type ImplTable } from './impl.ts';
import { sockAt } from './sock.ts';

const { BPF_LOCAL_STORAGE_GET_F_CREATE } = UAPI;

/** A task, cgroup or inode: its address, 0 for NULL. */
function get(env: HelperEnv, map: number, owner: number, value: number, flags: number, flagsHi: number): number {
  if (owner === 0 || (flags & ~BPF_LOCAL_STORAGE_GET_F_CREATE) !== 0 || flagsHi !== 0) return 0;
  return localStorageGet(env.maps, map, owner, value, flags === BPF_LOCAL_STORAGE_GET_F_CREATE);
}

function remove(env: HelperEnv, map: number, owner: number): number {
  return owner === 0 ? -EINVAL : localStorageDelete(env.maps, map, owner);
}

/** The socket behind a pointer; 0 for NULL and for those that are too small to have storage. */
function fullSock(env: HelperEnv, sock: number): number {
  const sk = sock === 0 ? 0 : sockAt(env, sock);
  return sk !== 0 && skFullsock(env.arena, sk) ? sk : 0;
}

/** Whether nobody holds the socket any more: what it has is found, but nothing is added to it and nothing taken away. */
function goingAway({ arena }: HelperEnv, sk: number): boolean {
  return sk !== 0 && skMember(arena, sk, 'sock_common', 'skc_refcnt') === 0;
}

/** @kernel bpf_sk_storage_get */
function skGet(env: HelperEnv, map: number, sock: number, value: number, flags: number, flagsHi: number): number {
  const sk = fullSock(env, sock);
  const refused = flags === BPF_LOCAL_STORAGE_GET_F_CREATE && goingAway(env, sk);
  return get(env, map, sk, value, refused ? 0 : flags, flagsHi);
}

/** @kernel bpf_sk_storage_delete */
function skRemove(env: HelperEnv, map: number, sock: number): number {
  const sk = fullSock(env, sock);
  return goingAway(env, sk) ? -ENOENT : remove(env, map, sk);
}

export const storageImpls = {
  bpf_sk_storage_get: skGet,
  bpf_sk_storage_delete: skRemove,

  bpf_task_storage_get: get,
  bpf_task_storage_delete: remove,
  bpf_cgrp_storage_get: get,
  bpf_cgrp_storage_delete: remove,
  bpf_inode_storage_get: get,
  bpf_inode_storage_delete: remove,

  bpf_get_local_storage: (env, map) => cgroupStorageValue(env.maps, map, env.cpu),
} satisfies ImplTable;
