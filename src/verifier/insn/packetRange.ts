/** Comparisons of packet pointers prove how many bytes lie behind them. */
import type { Insn } from '../../isa/insn.ts';
import type { State } from '../state.ts';
import { curFrame, eachCell } from '../state.ts';
import type { Reg, RegType } from '../value/reg.ts';
import { AT_PKT_END, BEYOND_PKT_END } from './branch.ts';

const MAX_PACKET_OFF = 0xffff;

/** Copies of the pointer get the range. @kernel find_good_pkt_pointers */
function findGood(st: State, ptr: Reg, type: RegType, open: boolean): void {
  if (ptr.off < 0 || (ptr.off === 0 && open)) return;
  if (ptr.umax_value > BigInt(MAX_PACKET_OFF) || ptr.umax_value + BigInt(ptr.off) > BigInt(MAX_PACKET_OFF)) return;
  const range = ptr.off + (open ? 1 : 0);
  eachCell(st, (c) => {
    if (c.v.type === type && c.v.id === ptr.id && c.v.range < range) c.v = { ...c.v, range };
  });
}

/** @kernel mark_pkt_end */
function markEnd(st: State, regno: number, open: boolean): void {
  const c = curFrame(st).regs[regno]!;
  if (c.v.type === 'PTR_TO_PACKET') c.v = { ...c.v, range: open ? BEYOND_PKT_END : AT_PKT_END };
}

function startOfPacket(r: Reg): boolean {
  return r.type === 'PTR_TO_PACKET' && r.off === 0 && r.var_off.value === 0n && r.var_off.mask === 0n;
}

function against(ptr: Reg, end: Reg): boolean {
  if (ptr.type === 'PTR_TO_PACKET') return end.type === 'PTR_TO_PACKET_END';
  return ptr.type === 'PTR_TO_PACKET_META' && startOfPacket(end);
}

/** `ptr OP end`: in which branch `ptr` is inside, and whether by at least one byte more. */
const INSIDE: Readonly<Record<string, { readonly taken: boolean; readonly open: boolean }>> = {
  jgt: { taken: false, open: false },
  jlt: { taken: true, open: true },
  jge: { taken: false, open: true },
  jle: { taken: true, open: false },
};
const FLIPPED: Readonly<Record<string, string>> = { jgt: 'jlt', jlt: 'jgt', jge: 'jle', jle: 'jge' };

/** @kernel try_match_pkt_pointers */
export function matchPacketPointers(op: string, insn: Insn, dst: Reg, src: Reg, fallen: State, taken: State): void {
  const direct = against(dst, src);
  if (!direct && !against(src, dst)) return;
  const rule = INSIDE[direct ? op : (FLIPPED[op] ?? '')];
  if (!rule) return;
  const [ptr, regno] = direct ? [dst, insn.dst] : [src, insn.src];
  const [inside, outside] = rule.taken ? [taken, fallen] : [fallen, taken];
  findGood(inside, ptr, ptr.type, rule.open);
  markEnd(outside, regno, !rule.open);
}
