/** Storage that hangs off sockets. */
import { skStorageDelete, skStorageGet } from '../maps/skStorage.ts';
import { sockField } from '../net/netDevice.ts';
import { UAPI } from '../spec/constants.ts';
import { EINVAL, type ImplTable } from './impl.ts';

const { BPF_SK_STORAGE_GET_F_CREATE, TCP_NEW_SYN_RECV, TCP_TIME_WAIT } = UAPI;

export const storageImpls = {
  bpf_sk_storage_get(env, map, sock, value, flags, flagsHi) {
    if (sock === 0 || (flags & ~BPF_SK_STORAGE_GET_F_CREATE) !== 0 || flagsHi !== 0) return 0;
    const sk = env.object(sock);
    const state = sockField(env.arena, sk, 'skc_state');
    if (state === TCP_TIME_WAIT || state === TCP_NEW_SYN_RECV) return 0;
    return skStorageGet(env.maps, map, sk, value, flags === BPF_SK_STORAGE_GET_F_CREATE);
  },

  bpf_sk_storage_delete(env, map, sock) {
    if (sock === 0) return -EINVAL;
    return skStorageDelete(env.maps, map, env.object(sock));
  },
} satisfies ImplTable;
