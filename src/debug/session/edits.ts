/** Changes that a user makes to a paused run. */
import type { Kernel } from '../../kernel/kernel.ts';
import { userDelete, userUpdate } from '../../maps/user.ts';
import { PERM_WRITE } from '../../mem/arena.ts';
import { kindNumber } from '../../mem/kinds.ts';
import { errnoName } from '../../spec/errno.ts';
import { hiHalf, loHalf } from '../../util/bits.ts';
import type { Problem } from '../../util/problem.ts';
import { ctxStore } from '../../vm/ctxView.ts';
import { FRAME_BYTES } from '../../vm/frames.ts';
import { findMap } from '../inspect/maps.ts';
import type { Journey } from './journey.ts';
import { sessionProblem } from './messages.ts';
import type { Edit } from './types.ts';

const CTX = kindNumber('ctx');
const R10 = 10;

const readOnly = (address: number, size: number): Problem =>
  sessionProblem('read-only', {}, { address: `0x${address.toString(16)}`, size });

/** Makes a change; a problem when it cannot be made, and then nothing has changed. */
export function applyEdit(kernel: Kernel, journey: Journey, edit: Edit): Problem | undefined {
  const { machine } = journey;
  const { arena } = kernel;
  switch (edit.kind) {
    case 'register': {
      if (!machine) return sessionProblem('no-run');
      if (edit.depth < 0 || edit.depth > machine.depth) return sessionProblem('no-frame', {}, { depth: edit.depth });
      if (edit.reg === R10) return sessionProblem('frame-pointer');
      if (edit.reg < 0 || edit.reg > R10) return sessionProblem('no-register', {}, { reg: edit.reg });
      const at = kernel.frames.registers + edit.depth * FRAME_BYTES + 8 * edit.reg;
      arena.setU64(at, loHalf(edit.value), hiHalf(edit.value));
      return undefined;
    }
    case 'memory': {
      const { address, bytes } = edit;
      if (bytes.length === 0) return undefined;
      const kind = address + bytes.length < 2 ** 32 ? arena.check(address, bytes.length, PERM_WRITE) : -1;
      if (kind < 0 || kind === CTX) return readOnly(address, bytes.length);
      arena.put(address, bytes);
      return undefined;
    }
    case 'ctx': {
      const { address, size, value } = edit;
      const user = machine?.prog;
      if (!user) return sessionProblem('no-run');
      if (arena.kindAt(address) !== CTX) return readOnly(address, size);
      return ctxStore(arena, user, address, size, loHalf(value), hiHalf(value)) ? undefined : readOnly(address, size);
    }
    case 'map-update':
    case 'map-delete': {
      const found = findMap({ kernel }, edit.map);
      if (!found.ok) return found.problems[0];
      const map = found.value;
      const errno =
        edit.kind === 'map-update'
          ? userUpdate(kernel.maps, map.address, edit.key, edit.value)
          : userDelete(kernel.maps, map.address, edit.key);
      if (errno >= 0) return undefined;
      const what = `${edit.kind === 'map-update' ? 'updating' : 'deleting from'} ${map.name}`;
      return sessionProblem('edit-failed', {}, { what, errno: errnoName(-errno) ?? errno });
    }
  }
}
