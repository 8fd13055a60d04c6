/** What calls that may move or change the packet leave of pointers into it. */
import type { Env } from '../env.ts';
import { eachCell } from '../state.ts';
import { FLAG, isPacketPointer, UNKNOWN } from '../value/reg.ts';

const SLICES = FLAG.DYNPTR_TYPE_SKB | FLAG.DYNPTR_TYPE_XDP;

/** @kernel clear_all_pkt_pointers */
export function clearPacketPointers(env: Env): void {
  eachCell(env.cur, (c) => {
    const { type, flags } = c.v;
    const slice = type === 'PTR_TO_MEM' && (flags & SLICES) !== 0;
    if (isPacketPointer(c.v) || type === 'PTR_TO_PACKET_END' || slice) c.v = UNKNOWN;
  });
}
