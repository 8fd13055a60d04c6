/** Sockets and their addresses: cgroup_sock, cgroup_sock_addr, sock_ops and cgroup_sockopt programs. */
import { PERM_RW } from '../../mem/arena.ts';
import { allocSkb, freeSkb, setSkbField, skbField } from '../../net/skb.ts';
import { UAPI } from '../../spec/constants.ts';
import { offsetOf } from '../../spec/layouts.ts';
import { type BuildLocal, familyOf } from './local.ts';
import type { KernelObjects } from './objects.ts';

const { AF_INET, AF_INET6, AF_UNIX, IPPROTO_UDP, SOCK_DGRAM, TCP_ESTABLISHED } = UAPI;

const AF = { inet: AF_INET, inet6: AF_INET6, unix: AF_UNIX } as const;
/** Lengths of sockaddr_in, sockaddr_in6 and of an unnamed sockaddr_un. */
const ADDRESS_LENGTH = { inet: 16, inet6: 28, unix: 2 } as const;
/** struct sockaddr_storage */
const SOCKADDR_STORAGE = 128;
const IN6_ADDR = 16;
/** Bytes of headers, and the most that a TCP header has behind its fixed part. */
const ETH_HLEN = 14;
const IPV6_HDR = 40;
const TCP_HDR = 20;
const TCP_OPTIONS = 40;

export const cgroupSock: BuildLocal = (objects, { attachType, input }) => ({
  object: input.sock ?? objects.sock({ family: AF[familyOf(attachType) ?? 'inet'] }),
});

export const cgroupSockAddr: BuildLocal = (objects, { attachType, input }) => {
  const { arena } = objects;
  const family = familyOf(attachType) ?? 'inet';
  const datagram = attachType.includes('msg');
  const made = (): number =>
    objects.sock({
      family: AF[family],
      ...(family === 'unix' && { protocol: 0 }),
      ...(datagram && { type: SOCK_DGRAM }),
      ...(datagram && family !== 'unix' && { protocol: IPPROTO_UDP }),
    });
  const sk = input.sock ?? made();
  const object = objects.struct('bpf_sock_addr_kern');
  const uaddr = objects.bytes(SOCKADDR_STORAGE);
  if (objects.full) return { object };
  arena.setU16(uaddr + offsetOf('sockaddr', 'sa_family'), AF[family]);
  objects.point(object + offsetOf('bpf_sock_addr_kern', 'sk'), sk);
  objects.point(object + offsetOf('bpf_sock_addr_kern', 'uaddr'), uaddr);
  arena.setU32(object + offsetOf('bpf_sock_addr_kern', 'uaddrlen'), ADDRESS_LENGTH[family]);
  // Only who sends has a source address to choose.
  if (attachType.includes('sendmsg')) {
    objects.point(object + offsetOf('bpf_sock_addr_kern', 't_ctx'), objects.bytes(IN6_ADDR));
  }
  return { object };
};

/** A packet that begins with the `headroom` bytes before its data, all of `bytes` in it. */
function segment(objects: KernelObjects, bytes: Uint8Array, headroom: number, tailroom: number): number {
  const { arena } = objects;
  const made = allocSkb(arena, { headroom, size: bytes.length - headroom, tailroom });
  const skb = objects.take(made, (address) => freeSkb(arena, address));
  if (skb !== 0) arena.put(skbField(arena, skb, 'head'), bytes);
  return skb;
}

/** The SYN, whose data begins at its TCP header. */
function synSegment(objects: KernelObjects, bytes: Uint8Array): number {
  const ip = bytes[ETH_HLEN] ?? 0;
  const ipBytes = ip >>> 4 === 6 ? IPV6_HDR : (ip & 15) * 4;
  const tcp = ETH_HLEN + ipBytes;
  if (bytes.length < tcp + TCP_HDR) return 0;
  const skb = segment(objects, bytes, tcp, TCP_OPTIONS);
  if (skb === 0) return 0;
  setSkbField(objects.arena, skb, 'mac_header', 0);
  setSkbField(objects.arena, skb, 'network_header', ETH_HLEN);
  return skb;
}

/** The header of a segment is its data up to skb_data_end; options are written behind it. */
export const sockOps: BuildLocal = (objects, { data, input }) => {
  const { arena } = objects;
  const { remaining = 0, syn } = input.hdrOpt ?? {};
  const room = Math.min(TCP_OPTIONS, remaining);
  const sk = input.sock ?? objects.sock({ family: AF_INET, state: TCP_ESTABLISHED });
  const object = objects.struct('bpf_sock_ops_kern');
  if (objects.full) return { object };
  const at = (member: Parameters<typeof offsetOf<'bpf_sock_ops_kern'>>[1]): number =>
    object + offsetOf('bpf_sock_ops_kern', member);
  objects.point(at('sk'), sk);
  arena.setU8(at('is_fullsock'), 1);
  arena.setU8(at('remaining_opt_len'), room);
  if (syn) objects.point(at('syn_skb'), synSegment(objects, syn));
  if (input.data === undefined) return { object };
  const skb = segment(objects, data, 0, room);
  if (skb === 0) return { object };
  const start = skbField(arena, skb, 'data');
  objects.point(at('skb'), skb);
  objects.point(at('skb_data_end'), start + data.length);
  return {
    object,
    packets: { moved: () => arena.setWindow(start, start, arena.getU32(at('skb_data_end'))), load: () => -1 },
    dataOut: () => arena.bytes(start, arena.getU32(at('skb_data_end')) - start),
  };
};

export const cgroupSockopt: BuildLocal = (objects, { data, input }) => {
  const { arena } = objects;
  const sk = input.sock ?? objects.sock({ family: AF_INET });
  const object = objects.struct('bpf_sockopt_kern');
  const task = objects.struct('task_struct');
  const run = objects.struct('bpf_cg_run_ctx');
  const value = objects.bytes(Math.max(1, data.length), 'packet', PERM_RW);
  if (objects.full) return { object };
  const at = (member: Parameters<typeof offsetOf<'bpf_sockopt_kern'>>[1]): number =>
    object + offsetOf('bpf_sockopt_kern', member);
  arena.put(value, data);
  arena.setWindow(value, value, value + data.length);
  objects.point(at('sk'), sk);
  objects.point(at('optval'), value);
  objects.point(at('optval_end'), value + data.length);
  objects.point(at('current_task'), task);
  objects.point(task + offsetOf('task_struct', 'bpf_ctx'), run);
  arena.setU32(at('optlen'), data.length);
  return {
    object,
    cgRunCtx: run,
    dataOut: () => arena.bytes(value, Math.min(data.length, Math.max(0, arena.getU32(at('optlen')) | 0))),
  };
};
