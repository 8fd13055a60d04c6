/** Kernel functions that the node goes through and that programs can be attached to. */
import { funcArgs } from '../../helpers/funcArgs.ts';
import { PERM_READ } from '../../mem/arena.ts';
import type { KernelCore } from '../core.ts';
import { memoryCtx } from '../testRun/memoryCtx.ts';
import type { Flow } from './flow.ts';
import type { Link, Work } from './state.ts';

/** The arguments of a function, pointers or numbers below 2^32, as the context of a program. */
function argsCtx(args: readonly number[]): Uint8Array {
  const ctx = new Uint8Array(8 * args.length);
  const view = new DataView(ctx.buffer);
  args.forEach((arg, i) => {
    view.setUint32(8 * i, arg, true);
  });
  return ctx;
}

/** Runs the programs at the entry of a kernel function, its body, and the programs at its exit; then what its caller goes on with. */
export function callFunction(
  kernel: KernelCore,
  work: Work,
  name: string,
  args: readonly number[],
  body: () => void,
  then: () => Flow,
): Flow {
  const at = (hook: Link['hook']): readonly Link[] =>
    kernel.world.node.links.filter((l) => l.hook === hook && l.prog.attachBtfName === name);
  const run = (links: readonly Link[], ctx: readonly number[], index: number, after: () => Flow): Flow => {
    const link = links[index];
    if (!link) return after();
    const hasRet = ctx.length > args.length;
    return {
      link,
      work,
      prepare: (k) =>
        memoryCtx(k.arena, argsCtx(ctx), { perm: PERM_READ, owner: funcArgs(args.length, hasRet), repeat: 1 }),
      bytes: () => new Uint8Array(),
      returned: () => run(links, ctx, index + 1, after),
    };
  };
  return run(at('fentry'), args, 0, () => {
    body();
    return run(at('fexit'), [...args, 0], 0, then);
  });
}
