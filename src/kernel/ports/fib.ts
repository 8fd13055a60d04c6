/** The routing port over the World. */
import type { FibPort } from '../../helpers/ports/fib.ts';
import type { KernelCore } from '../core.ts';

export function fibPort(kernel: KernelCore): FibPort {
  return { netns: () => kernel.world.net };
}
