import type { KernelCore } from '../core.ts';
import type { Flow } from './flow.ts';
import { drop } from './record.ts';
import { tripOf, type Work } from './state.ts';

export function output(kernel: KernelCore, work: Extract<Work, { readonly at: 'output' }>): Flow {
  return drop(kernel, tripOf(work), work.skb, 'NO_SOCKET');
}
