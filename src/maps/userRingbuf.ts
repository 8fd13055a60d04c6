import { UAPI } from '../spec/constants.ts';
import type { MapEnv } from './attr.ts';
import { MAP, roundUp8 } from './object.ts';
import { RING, ringGetU64, ringPut, ringSetU64 } from './ringbuf.ts';
import { E2BIG, EINVAL, ENODATA, ENOSPC } from './uapi.ts';

/** Ring buffers that user space fills and programs drain: the ring of a ringbuf, used the other way round. */

const { BPF_RINGBUF_HDR_SZ: HEADER_SIZE, BPF_RINGBUF_BUSY_BIT: BUSY, BPF_RINGBUF_DISCARD_BIT: DISCARDED } = UAPI;
const LENGTH_MASK = 0x3fff_ffff;
/** Largest size of a dynptr. */
const DYNPTR_MAX_SIZE = (1 << 24) - 1;

/** What lies at the consumer's position: a sample, one to be passed over (passed over now), or -errno. */
export type UserSample =
  | { readonly position: number; readonly size: number }
  | { readonly discarded: true }
  | { readonly errno: number };

/** The next sample; a discarded one is consumed. @kernel __bpf_user_ringbuf_peek */
export function userRingbufPeek(env: MapEnv, map: number): UserSample {
  const { arena } = env;
  const ring = arena.getU32(map + MAP.values);
  const entries = arena.getU32(map + MAP.maxEntries);
  const producer = ringGetU64(env, ring + RING.producer);
  const consumer = ringGetU64(env, ring + RING.consumer);
  if (producer % 8 !== 0) return { errno: -EINVAL };
  if (consumer >= producer) return { errno: -ENODATA };
  const header = arena.getU32(ring + RING.data + (consumer % entries));
  const size = header & LENGTH_MASK;
  const total = roundUp8(size + HEADER_SIZE);
  if (total > producer - consumer) return { errno: -EINVAL };
  if (total > entries || size > DYNPTR_MAX_SIZE) return { errno: -E2BIG };
  if ((header & DISCARDED) !== 0) {
    ringSetU64(env, ring + RING.consumer, consumer + total);
    return { discarded: true };
  }
  return header >>> 0 >= BUSY ? { errno: -ENODATA } : { position: consumer + HEADER_SIZE, size };
}

/** Gives the room of a sample back. @kernel __bpf_user_ringbuf_sample_release */
export function userRingbufRelease(env: MapEnv, map: number, size: number): void {
  const at = env.arena.getU32(map + MAP.values) + RING.consumer;
  ringSetU64(env, at, ringGetU64(env, at) + roundUp8(size + HEADER_SIZE));
}

/** How user space leaves a sample: to be read, to be passed over, or not yet committed. */
export type UserSampleState = 'committed' | 'discarded' | 'busy';

/** Plays user space: adds a sample. @returns 0, -E2BIG when it can never fit, -ENOSPC when there is no room now */
export function userRingbufProduce(
  env: MapEnv,
  map: number,
  data: Uint8Array,
  state: UserSampleState = 'committed',
): number {
  const { arena } = env;
  const ring = arena.getU32(map + MAP.values);
  const entries = arena.getU32(map + MAP.maxEntries);
  const producer = ringGetU64(env, ring + RING.producer);
  const total = roundUp8(data.length + HEADER_SIZE);
  if (total > entries) return -E2BIG;
  if (producer + total - ringGetU64(env, ring + RING.consumer) > entries) return -ENOSPC;
  const flag = state === 'busy' ? BUSY : state === 'discarded' ? DISCARDED : 0;
  const header = ring + RING.data + (producer % entries);
  arena.setU32(header, (data.length | flag) >>> 0);
  arena.setU32(header + 4, 0);
  ringPut(env, map, producer + HEADER_SIZE, data);
  ringSetU64(env, ring + RING.producer, producer + total);
  return 0;
}
