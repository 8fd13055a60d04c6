/** BPF_PROG_TEST_RUN of flow dissectors: a frame in, struct bpf_flow_keys out. */
import { UAPI } from '../../spec/constants.ts';
import { CONTEXTS } from '../../spec/ctx/index.ts';
import { ERRNO } from '../../spec/errno.ts';
import { LAYOUTS, offsetOf } from '../../spec/layouts.ts';
import { newParts } from './parts.ts';
import { NO_PACKET, type PrepareRun } from './prepare.ts';
import { bpfCtxFinish, bpfCtxInit, bpfTestFinish, foreignOptions, runsOf } from './uarg.ts';

const { ETH_HLEN } = UAPI;
const PAGE = 4096;
const { size: KEYS_SIZE, fields } = CONTEXTS.bpf_flow_keys!;
const KEYS = {
  nhoff: fields.nhoff!.offset,
  thoff: fields.thoff!.offset,
  proto: fields.n_proto!.offset,
  flags: fields.flags!.offset,
} as const;
const FLAGS_SIZE = 4;

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/**
 * The context of user space is a struct bpf_flow_keys of which only the flags may be set.
 * @kernel bpf_prog_test_run_flow_dissector
 */
export const flowDissectorTestRun: PrepareRun = ({ arena }, _prog, input) => {
  if (foreignOptions(input)) return { errno: ERRNO.EINVAL };
  const data = input.data ?? new Uint8Array();
  if (data.length < ETH_HLEN || data.length > PAGE) return { errno: ERRNO.EINVAL };
  const ctx = bpfCtxInit(input, KEYS_SIZE);
  if (typeof ctx === 'number') return { errno: ctx };
  const foreign = ctx?.some((byte, i) => byte !== 0 && (i < KEYS.flags || i >= KEYS.flags + FLAGS_SIZE));
  if (foreign) return { errno: ERRNO.EINVAL };
  const flags = ctx ? new DataView(ctx.buffer).getUint32(KEYS.flags, true) : 0;
  const parts = newParts(arena);
  const object = parts.object(LAYOUTS.bpf_flow_dissector.size);
  const keys = parts.alloc({ kind: 'memory', size: KEYS_SIZE });
  const packet = parts.alloc({ kind: 'packet', size: data.length, owner: object });
  if (parts.failed()) {
    parts.free();
    return { errno: ERRNO.ENOMEM };
  }
  arena.put(packet, data);
  const set = (name: 'flow_keys' | 'data' | 'data_end', value: number): void =>
    arena.setU64(object + offsetOf('bpf_flow_dissector', name), value, 0);
  set('flow_keys', keys);
  set('data', packet);
  set('data_end', packet + data.length);
  /** @kernel bpf_flow_dissect */
  const before = (): void => {
    arena.fill(keys, 0, KEYS_SIZE);
    arena.setU16(keys + KEYS.proto, arena.getU16(packet + ETH_HLEN - 2));
    arena.setU16(keys + KEYS.nhoff, ETH_HLEN);
    arena.setU16(keys + KEYS.thoff, ETH_HLEN);
    arena.setU32(keys + KEYS.flags, flags);
  };
  const after = (retval: number): number => {
    const nhoff = clamp(arena.getU16(keys + KEYS.nhoff), ETH_HLEN, data.length);
    arena.setU16(keys + KEYS.nhoff, nhoff);
    arena.setU16(keys + KEYS.thoff, clamp(arena.getU16(keys + KEYS.thoff), nhoff, data.length));
    return retval;
  };
  return {
    ctx: { object },
    packets: NO_PACKET,
    repeat: runsOf(input),
    before,
    after,
    finish: (retval) => bpfCtxFinish(input, bpfTestFinish(input, arena.bytes(keys, KEYS_SIZE), retval), ctx),
    free: parts.free,
  };
};
