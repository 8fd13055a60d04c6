/** Contexts that are plain memory, not views of a kernel object: arguments, records, what user space passed. */
import type { Arena } from '../../mem/arena.ts';
import { PERM_RW } from '../../mem/arena.ts';
import { ERRNO } from '../../spec/errno.ts';
import { newParts } from './parts.ts';
import { NO_PACKET, type PreparedRun } from './prepare.ts';

/** Arguments that a traced function can have. */
export const MAX_BPF_FUNC_ARGS = 12;

/** A run over a copy of `ctx`; `finish` answers with R0 and nothing else. `owner` is what the region remembers. */
export function memoryCtx(
  arena: Arena,
  ctx: Uint8Array,
  { perm = PERM_RW, owner = 0, repeat = 1 } = {},
): (PreparedRun & { readonly ctx: { readonly address: number } }) | { readonly errno: number } {
  const parts = newParts(arena);
  const address = parts.alloc({ kind: 'ctx memory', size: ctx.length, perm, owner });
  if (parts.failed()) return { errno: ERRNO.ENOMEM };
  arena.put(address, ctx);
  return {
    ctx: { address },
    packets: NO_PACKET,
    repeat,
    finish: (retval) => ({ errno: 0, retval }),
    free: parts.free,
  };
}
