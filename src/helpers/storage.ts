/** Storage that hangs off sockets. */
import { skStorageDelete, skStorageGet } from '../maps/skStorage.ts';
import { skFullsock } from '../net/inetSock.ts';
import { UAPI } from '../spec/constants.ts';
import { EINVAL, type ImplTable } from './impl.ts';
import { sockAt } from './sock.ts';

const { BPF_SK_STORAGE_GET_F_CREATE } = UAPI;

export const storageImpls = {
  bpf_sk_storage_get(env, map, sock, value, flags, flagsHi) {
    if (sock === 0 || (flags & ~BPF_SK_STORAGE_GET_F_CREATE) !== 0 || flagsHi !== 0) return 0;
    const sk = sockAt(env, sock);
    if (!skFullsock(env.arena, sk)) return 0;
    return skStorageGet(env.maps, map, sk, value, flags === BPF_SK_STORAGE_GET_F_CREATE);
  },

  bpf_sk_storage_delete(env, map, sock) {
    const sk = sockAt(env, sock);
    return sk === 0 || !skFullsock(env.arena, sk) ? -EINVAL : skStorageDelete(env.maps, map, sk);
  },
} satisfies ImplTable;
