/** The stack of a frame, slot by slot. */
import { toHex } from '../../../util/hex.ts';
import { pointerText } from '../../inspect/pointer.ts';
import { decimalText } from '../../inspect/registers.ts';
import { frameStack, type StackSlot } from '../../inspect/stack.ts';
import { setBytes } from '../settable.ts';
import { type Children, namedChildren, type Var } from '../variables.ts';
import type { Look } from './index.ts';

const SLOT = 8;

export function stack({ view, depth }: Look): Children | undefined {
  if (!view.machine || depth === undefined) return undefined;
  return namedChildren(() => frameStack(view, { all: true }).slots.map((slot) => slotVar(slot, view)));
}

function slotVar({ offset, address, bytes, value, pointer }: StackSlot, view: Look['view']): Var {
  const meaning = pointer ? pointerText(pointer) : decimalText(value);
  const row = toHex(bytes, ' ');
  const expr = `*(u64 *)(r10 - ${-offset})`;
  return {
    name: `fp${offset}`,
    value: meaning === '' ? row : `${row}  ${meaning}`,
    hex: pointer ? `0x${value.toString(16)} ${pointerText(pointer)}` : `0x${value.toString(16)}`,
    type: pointer ? 'pointer' : 'u64',
    expr,
    watch: expr,
    address: pointer?.address ?? address,
    set: setBytes(address, SLOT, view),
  };
}
