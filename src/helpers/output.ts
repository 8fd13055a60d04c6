/** Output: the trace pipe and perf event rings. */
import { MAP } from '../maps/object.ts';
import { perfEventSlot } from '../maps/perfEventArray.ts';
import { skbField } from '../net/skb.ts';
import { xdpGetBuffLen } from '../net/xdp.ts';
import { xdpSpans } from '../net/xdpFrags.ts';
import { UAPI } from '../spec/constants.ts';
import type { HelperEnv } from './env.ts';
import { type FormatArgs, formatBpf } from './format.ts';
import { E2BIG, EFAULT, EINVAL, ENOENT, EOPNOTSUPP, type ImplTable } from './impl.ts';

const { BPF_F_CTXLEN_MASK, BPF_F_CURRENT_CPU } = UAPI;
/** The mask lies in the high half of the flags. */
const CTXLEN_HIGH_MASK = BPF_F_CTXLEN_MASK / 2 ** 32;
/** Room for a line of the trace pipe, with its NUL. */
const MAX_BPRINTF_BUF = 1024;
const MAX_TRACE_PRINTK_VARARGS = 3;
const MAX_BPRINTF_VARARGS = 12;

/** The prog types whose context is a socket buffer. */
const SKB_PROGS: ReadonlySet<string> = new Set([
  'sched_cls',
  'sched_act',
  'socket_filter',
  'cgroup_skb',
  'sk_skb',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'lwt_seg6local',
]);

/** The packet of the context, for the types that can add its bytes to a record: its length, and its first bytes. */
interface PacketSource {
  readonly len: number;
  bytes(count: number): Uint8Array;
}

function packetOf(env: HelperEnv, ctx: number): PacketSource | undefined {
  const { arena } = env;
  if (SKB_PROGS.has(env.progType)) {
    const skb = env.object(ctx);
    return { len: skbField(arena, skb, 'len'), bytes: (count) => arena.bytes(skbField(arena, skb, 'data'), count) };
  }
  if (env.progType !== 'xdp') return undefined;
  const xdp = env.object(ctx);
  const bytes = (count: number): Uint8Array => {
    const all = new Uint8Array(count);
    let at = 0;
    xdpSpans(arena, xdp, 0, count, (address, size) => {
      all.set(arena.bytes(address, size), at);
      at += size;
    });
    return all;
  };
  return { len: xdpGetBuffLen(arena, xdp), bytes };
}

/** Prints a line; the result is its length before anything was cut off. */
function trace(env: HelperEnv, fmt: number, fmtSize: number, args: FormatArgs): number {
  const line = formatBpf(env.arena, fmt, fmtSize, args, MAX_BPRINTF_BUF);
  if (typeof line === 'number') return line;
  env.trace(line.slice(0, MAX_BPRINTF_BUF - 1).replace(/\n$/, ''));
  return line.length;
}

/** Values of a format, 8 bytes each in memory; undefined when there are too many. @kernel bpf_bprintf_prepare */
export function memoryArgs(env: HelperEnv, data: number, size: number): FormatArgs | undefined {
  if ((size & 7) !== 0 || size > 8 * MAX_BPRINTF_VARARGS || (size !== 0 && data === 0)) return undefined;
  const args: [number, number][] = [];
  for (let at = data; at < data + size; at += 8) args.push([env.arena.getU32(at) | 0, env.arena.getU32(at + 4) | 0]);
  return args;
}

export const outputImpls = {
  bpf_trace_printk: (env, fmt, size, lo1, hi1, lo2, hi2, lo3, hi3) =>
    trace(
      env,
      fmt,
      size,
      (
        [
          [lo1, hi1],
          [lo2, hi2],
          [lo3, hi3],
        ] as const
      ).slice(0, MAX_TRACE_PRINTK_VARARGS),
    ),

  bpf_trace_vprintk(env, fmt, size, data, dataLen) {
    const args = memoryArgs(env, data, dataLen);
    return args ? trace(env, fmt, size, args) : -EINVAL;
  },

  bpf_perf_event_output(env, ctx, map, index, flagsHi, data, size) {
    const { arena } = env;
    const packet = packetOf(env, ctx);
    if ((flagsHi & ~(packet ? CTXLEN_HIGH_MASK : 0)) !== 0) return -EINVAL;
    if (packet && flagsHi > packet.len) return -EFAULT;
    const cpu = index >>> 0 === BPF_F_CURRENT_CPU ? env.cpu : index >>> 0;
    if (cpu >= arena.getU32(map + MAP.maxEntries)) return -E2BIG;
    if (perfEventSlot(env.maps, map, cpu) === 0) return -ENOENT;
    // The event of a slot is one of the slot's CPU, which others cannot write to.
    if (cpu !== env.cpu) return -EOPNOTSUPP;
    const record = new Uint8Array(size + flagsHi);
    record.set(arena.bytes(data, size));
    if (packet) record.set(packet.bytes(flagsHi), size);
    return env.perfEvent({ map, cpu, data: record });
  },
} satisfies ImplTable;
