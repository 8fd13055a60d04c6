/** Sequence numbers to begin with, ports to connect from: both follow from the kernel's seed. */
import { siphash } from '../../../net/siphash.ts';
import type { KernelCore } from '../../core.ts';
import { randomOf } from '../../random.ts';
import { netSysctl } from '../call.ts';
import type { Ends } from '../ends.ts';

const ISN_SECRET = 0x5ec4;
const PORT_SECRET = 0x5ec8;

function hashOf(seed: number, secret: number, { local, port, remote, remotePort }: Ends): number {
  const key = [0, 1, 2, 3].map((i) => randomOf(seed + secret + i)) as [number, number, number, number];
  const ports = [port >>> 8, port & 0xff, remotePort >>> 8, remotePort & 0xff];
  return siphash(Uint8Array.from([...local, ...remote, ...ports]), key)[0] >>> 0;
}

/** A hash of the ends that moves on by one each 64 ns. @kernel secure_tcp_seq, secure_tcpv6_seq */
export function tcpInitSequence({ seed, world }: KernelCore, ends: Ends): number {
  const { sec, nsec } = world.clock;
  const ticks = (BigInt(sec) * 1_000_000_000n + BigInt(nsec)) >> 6n;
  return (hashOf(seed, ISN_SECRET, ends) + Number(ticks & 0xffff_ffffn)) >>> 0;
}

/** First and last port that are chosen from. */
function localPortRange(kernel: KernelCore): readonly [number, number] {
  const name = 'net.ipv4.ip_local_port_range';
  return [netSysctl(kernel, name), netSysctl(kernel, name, 1)];
}

/**
 * The ports to try, first choice first: from a place that depends on the seed and
 * `nth`, the numbers of one parity, then of the other; the first are even ones until those have all been handed out once.
 * @kernel __inet_hash_connect
 */
export function* portCandidates(kernel: KernelCore, nth: number): IterableIterator<number> {
  const [low, high] = localPortRange(kernel);
  const count = high - low + 1;
  const start = randomOf(kernel.seed + PORT_SECRET) + 2 * nth;
  const first = Math.floor((2 * nth) / count) & 1;
  for (const odd of [first, 1 - first]) {
    for (let i = 0; i < count; i += 2) {
      const at = (((start + i) % count) & ~1) + odd;
      if (at < count) yield low + at;
    }
  }
}
