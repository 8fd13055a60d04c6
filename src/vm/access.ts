/** Loads, stores and atomics: every access is checked against the region it goes to. */
import type { AtomicRow } from '../isa/rows.ts';
import { PERM_READ, PERM_RW, PERM_WRITE } from '../mem/arena.ts';
import { kindNumber } from '../mem/kinds.ts';
import { joinHalves } from '../util/bits.ts';
import type { Cpu } from './cpu.ts';
import type { RunStatus } from './host.ts';
import { vmProblem } from './messages.ts';

const CTX_KIND = kindNumber('ctx');
const KERNEL_KIND = kindNumber('kernel');
const R0 = 0;
const PAIR = new Int32Array(2);

function accessFault(cpu: Cpu, reg: number, off: number, size: number, perm: number): RunStatus {
  const addr = cpu.address(reg, off);
  const words = cpu.arena.i32;
  if (addr < 0 || addr >= 2 ** 32) {
    const value = `0x${joinHalves(words[reg]!, words[reg + 1]!).toString(16)}`;
    const access = perm & PERM_WRITE ? 'write' : 'read';
    return cpu.fault(vmProblem('not-an-address', {}, { size, access, value }));
  }
  return cpu.fault(cpu.arena.accessFault(addr, size, perm, (r) => cpu.host.ownerName(r.kind, r.owner)));
}

function ctxFault(cpu: Cpu, addr: number, size: number, access: string): RunStatus {
  const region = cpu.arena.region(addr);
  const off = addr - (region?.lo ?? 0);
  return cpu.fault(vmProblem('ctx-access', {}, { off, size, access, struct: cpu.prog.ctxStruct }));
}

function loadBytes(cpu: Cpu, d: number, addr: number, size: number): void {
  const { dv, i32: words } = cpu.arena;
  words[d + 1] = 0;
  if (size === 8) {
    words[d] = dv.getInt32(addr, true);
    words[d + 1] = dv.getInt32(addr + 4, true);
  } else if (size === 4) words[d] = dv.getInt32(addr, true);
  else words[d] = size === 2 ? dv.getUint16(addr, true) : dv.getUint8(addr);
}

/** A load through a pointer to a kernel object: the object's bytes, or 0 where there is none. @kernel BPF_PROBE_MEM */
function probe(cpu: Cpu, d: number, addr: number, size: number): void {
  const { arena } = cpu;
  const valid = addr >= 0 && addr + size < 2 ** 32 && arena.kindAt(addr) === KERNEL_KIND;
  if (valid && arena.kindAt(addr + size - 1) === KERNEL_KIND) loadBytes(cpu, d, addr, size);
  else {
    arena.i32[d] = 0;
    arena.i32[d + 1] = 0;
  }
}

/** Runs a load insn; `signedSize` is negative for sign-extending ones. A status only where the run stops. */
export function loadMemory(cpu: Cpu, d: number, s: number, off: number, signedSize: number): RunStatus | undefined {
  const size = Math.abs(signedSize);
  const addr = cpu.address(s, off);
  const kind = addr < 0 ? -1 : cpu.arena.check(addr, size, PERM_READ);
  const words = cpu.arena.i32;
  if (kind < 0) {
    if (!cpu.prog.probes.has(cpu.pc)) return accessFault(cpu, s, off, size, PERM_READ);
    probe(cpu, d, addr, size);
  } else if (kind === CTX_KIND) {
    if (!cpu.host.ctxLoad(addr, size)) return ctxFault(cpu, addr, size, 'read');
    words[d] = cpu.host.result.lo;
    words[d + 1] = cpu.host.result.hi;
  } else loadBytes(cpu, d, addr, size);
  if (signedSize < 0) {
    const shift = 32 - 8 * size;
    const value = (words[d]! << shift) >> shift;
    words[d] = value;
    words[d + 1] = value >> 31;
  }
  cpu.pc++;
  return undefined;
}

/** Runs a store insn. A status only where the run stops. */
export function storeMemory(
  cpu: Cpu,
  d: number,
  off: number,
  size: number,
  lo: number,
  hi: number,
): RunStatus | undefined {
  const addr = cpu.address(d, off);
  const kind = addr < 0 ? -1 : cpu.arena.check(addr, size, PERM_WRITE);
  if (kind < 0) return accessFault(cpu, d, off, size, PERM_WRITE);
  if (kind === CTX_KIND) {
    if (!cpu.host.ctxStore(addr, size, lo, hi)) return ctxFault(cpu, addr, size, 'write');
  } else if (size === 8) cpu.arena.setU64(addr, lo, hi);
  else if (size === 4) cpu.arena.setU32(addr, lo);
  else if (size === 2) cpu.arena.setU16(addr, lo);
  else cpu.arena.setU8(addr, lo);
  cpu.pc++;
  return undefined;
}

/** Runs an atomic insn. A status only where the run stops. */
export function atomicMemory(cpu: Cpu, fp: number, d: number, s: number, off: number): RunStatus | undefined {
  const row = cpu.prog.rows[cpu.pc] as AtomicRow;
  const addr = cpu.address(d, off);
  const kind = addr < 0 ? -1 : cpu.arena.check(addr, row.size, PERM_RW);
  if (kind < 0) return accessFault(cpu, d, off, row.size, PERM_RW);
  if (kind === CTX_KIND) return ctxFault(cpu, addr, row.size, 'atomic');
  const { dv } = cpu.arena;
  const words = cpu.arena.i32;
  const wide = row.size === 8;
  const pair = PAIR;
  const lo = dv.getInt32(addr, true);
  const hi = wide ? dv.getInt32(addr + 4, true) : 0;
  pair[0] = lo;
  pair[1] = hi;
  row.exec(pair, 0, words[s]!, wide ? words[s + 1]! : 0, words[fp + R0]!, wide ? words[fp + R0 + 1]! : 0);
  if (wide) cpu.arena.setU64(addr, pair[0]!, pair[1]!);
  else cpu.arena.setU32(addr, pair[0]!);
  if (row.fetch) {
    const to = row.op === 'cmpxchg' ? fp + R0 : s;
    words[to] = lo;
    words[to + 1] = hi;
  }
  cpu.pc++;
  return undefined;
}
