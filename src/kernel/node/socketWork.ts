import type { KernelCore } from '../core.ts';
import type { Flow } from './flow.ts';
import type { Work } from './state.ts';

export function socketWork(_kernel: KernelCore, _work: Extract<Work, { readonly at: 'sockets' }>): Flow {
  return undefined;
}

export function socketAlarm(_kernel: KernelCore, _alarm: unknown): undefined {
  return undefined;
}
