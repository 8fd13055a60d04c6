/** Storage that hangs off sockets, tasks, cgroups and inodes, and of programs attached to cgroups. */
import { cgroupStorageValue } from '../maps/cgroupStorage.ts';
import { localStorageDelete, localStorageGet } from '../maps/localStorage.ts';
import { skFullsock } from '../net/inetSock.ts';
import { UAPI } from '../spec/constants.ts';
import type { HelperEnv } from './env.ts';
import { EINVAL, type ImplTable } from './impl.ts';
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

export const storageImpls = {
  bpf_sk_storage_get: (env, map, sock, value, flags, flagsHi) =>
    get(env, map, fullSock(env, sock), value, flags, flagsHi),
  bpf_sk_storage_delete: (env, map, sock) => remove(env, map, fullSock(env, sock)),

  bpf_task_storage_get: get,
  bpf_task_storage_delete: remove,
  bpf_cgrp_storage_get: get,
  bpf_cgrp_storage_delete: remove,
  bpf_inode_storage_get: get,
  bpf_inode_storage_delete: remove,

  bpf_get_local_storage: (env, map) => cgroupStorageValue(env.maps, map, env.cpu),
} satisfies ImplTable;
