/** The congestion controls that a node has: kernel objects that sockets point to. */
import { PERM_READ } from '../../mem/arena.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import type { KernelCore } from '../core.ts';

/** Those that the profile's kernel has without modules. */
const BUILT_IN = ['cubic', 'reno'];
const NAME = LAYOUTS.tcp_congestion_ops.members.name[0];

/** Address of the struct tcp_congestion_ops of a name, made when it is first asked for; 0 for none. @kernel tcp_ca_find */
export function congestionOps(kernel: KernelCore, name: string): number {
  const { arena, world } = kernel;
  const known = world.sockets.congestion.find((ca) => ca.name === name);
  if (known) return known.address;
  if (!BUILT_IN.includes(name)) return 0;
  const made = arena.alloc({ kind: 'kernel', size: LAYOUTS.tcp_congestion_ops.size, perm: PERM_READ });
  if (!made.ok) return 0;
  arena.put(made.value + NAME, new TextEncoder().encode(name));
  const congestion = [...world.sockets.congestion, { name, address: made.value }];
  kernel.world = { ...world, sockets: { ...world.sockets, congestion } };
  return made.value;
}
