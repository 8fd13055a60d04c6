/** The sockets of a scenario by their names. */
import type { Kernel } from '../kernel.ts';
import type { Stage } from './stage.ts';
import type { Job } from './worker.ts';

export function openSockets(_stage: Stage): readonly Job[] {
  return [];
}

export function socketNamer(_kernel: Kernel): (sk: number) => string {
  return (sk) => `socket ${sk}`;
}

export function receivedText(_kernel: Kernel): Readonly<Record<string, string>> {
  return {};
}
