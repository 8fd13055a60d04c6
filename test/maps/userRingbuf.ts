import { Kernel } from '../../src/kernel/kernel.ts';
import { type UserSampleState, userRingbufProduce } from '../../src/maps/userRingbuf.ts';
import type { LoadRequest } from '../../src/spec/request.ts';

/** Samples that user space leaves in a user ring buffer, then runs of a program that drains it. */
export interface DrainCase {
  /** Bytes of the ring. */
  readonly size: number;
  readonly samples: readonly (readonly [bytes: string, state: UserSampleState])[];
  /** Of each run: flags of bpf_user_ringbuf_drain. */
  readonly runs: readonly number[];
}

/** The output map after each run, without the zeros behind. */
export function drainHere({ size, samples, runs }: DrainCase, request: LoadRequest): string[] {
  const made = Kernel.create();
  if (!made.ok) throw new Error('no memory');
  const kernel = made.value;
  const { maps, progs, problems } = kernel.load(request);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const ring = maps.find((map) => map.type === 31)!;
  for (const [bytes, state] of samples) {
    userRingbufProduce(kernel.maps, ring.address, Uint8Array.from(Buffer.from(bytes, 'hex')), state);
  }
  const out = maps.find((map) => map.name === 'out')!;
  return runs.map((_, i) => {
    const status = kernel.testRun(progs[i]!, { ctx: new Uint8Array(16) }).finish();
    if (status.state !== 'done') throw new Error(`${size}: ${JSON.stringify(status)}`);
    const values = kernel.arena.getU32(out.address + 76);
    return Buffer.from(kernel.arena.bytes(values, 1024))
      .toString('hex')
      .replace(/(00)+$/, '');
  });
}
