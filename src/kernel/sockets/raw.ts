/** Raw sockets: each gets a copy of the IPv4 packets of its protocol. */
import { skMember } from '../../net/inetSock.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { KernelCore } from '../core.ts';
import { answer, draw, netSysctl } from './call.ts';
import type { SockAnswer, SockEffect } from './life.ts';
import { type IpInput, ipPacket, readIp } from './packet/ip.ts';
import { addressWords } from './receive.ts';
import { localWords, remoteWords } from './table.ts';
import { destroySock } from './tcp/done.ts';

const MAX_PAYLOAD = 65535 - 20;

export function rawKey(protocol: number): string {
  return `raw:${protocol}`;
}

/** Copies for all raw sockets that the packet fits, with its IP header. @kernel raw_v4_input, raw_v4_match */
export function rawRcv(kernel: KernelCore, packet: IpInput, ifindex: number): readonly SockEffect[] {
  const ip = readIp(packet);
  if (!ip || ip.v6) return [];
  const { arena } = kernel;
  const [src, dst] = [addressWords(ip.src)[0], addressWords(ip.dst)[0]];
  const fits = (mine: number, theirs: number | undefined): boolean => mine === 0 || mine === theirs;
  return (kernel.world.sockets.bound.get(rawKey(ip.protocol)) ?? []).flatMap((sk): SockEffect[] => {
    const device = skMember(arena, sk, 'sock_common', 'skc_bound_dev_if');
    const here = fits(localWords(arena, sk, false)[0]!, dst) && fits(remoteWords(arena, sk, false)[0]!, src);
    if (!here || !fits(device, ifindex)) return [];
    return [{ kind: 'data', sk, bytes: ip.packet.slice(), from: { addr: ip.src, port: 0 } }];
  });
}

/** Sends `bytes` behind an IPv4 header between two addresses of 4 bytes. @kernel raw_sendmsg */
export function rawSendmsg(
  kernel: KernelCore,
  sk: number,
  bytes: Uint8Array,
  dst: Uint8Array,
  src: Uint8Array,
): SockAnswer {
  return answer(kernel, ({ effects }) => {
    if (bytes.length > MAX_PAYLOAD) return ERRNO.EMSGSIZE;
    const protocol = skMember(kernel.arena, sk, 'sock_common', 'skc_num');
    const ttl = netSysctl(kernel, 'net.ipv4.ip_default_ttl');
    const header = { src, dst, protocol, ttl, tos: 0, id: draw(kernel) & 0xffff, df: true };
    effects.push({ kind: 'send', sk, packet: ipPacket(header, bytes) });
    return 0;
  });
}

/** @kernel raw_close */
export function rawClose(kernel: KernelCore, sk: number): SockAnswer {
  return answer(kernel, (call) => {
    destroySock(call, sk);
    return 0;
  });
}
