/** Every context field of every prog type, and sockets' fields, read and written by parts; insns are spelled as bytes. */
import { ctxStruct } from '../../../src/spec/ctx/index.ts';
import { PROG_TYPES } from '../../../src/spec/progTypes.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import type { Requests } from './source.ts';

const WIDTH: Readonly<Record<number, number>> = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 };
const hex = (byte: number): string => (byte & 0xff).toString(16).padStart(2, '0');
const insn = (code: number, regs: number, off: number, imm = 0): string =>
  hex(code) + hex(regs) + hex(off) + hex(off >> 8) + hex(imm) + hex(imm >> 8) + hex(imm >> 16) + hex(imm >> 24);
const END = insn(0xb7, 0, 0, 1) + insn(0x95, 0, 0);
const read = (size: number, off: number): string => insn(0x61 | WIDTH[size]!, 0x12, off);
const readSigned = (size: number, off: number): string => insn(0x81 | WIDTH[size]!, 0x12, off);
const write = (size: number, off: number): string => insn(0x62 | WIDTH[size]!, 0x01, off, 3);
const writeReg = (size: number, off: number): string => insn(0x63 | WIDTH[size]!, 0xa1, off);

/** Prog types whose context is their own, and how far it is probed. */
const BY_BTF: ReadonlySet<string> = new Set(['tracing', 'lsm', 'ext', 'struct_ops', 'lirc_mode2']);
const SPAN = 40;

function forType(all: Requests, progType: keyof typeof PROG_TYPES, attach: string | undefined, first: boolean): void {
  const { ctx } = PROG_TYPES[progType];
  const base: LoadRequest = {
    name: 'c',
    prog_type: progType,
    license: 'GPL',
    ...(attach && { expected_attach_type: attach }),
    ...(progType === 'syscall' && { prog_flags: ['sleepable'] }),
  };
  const where = attach ? `${progType}/${attach}` : progType;
  const add = (what: string, body: string): void => void all.set(`${where} ${what}`, { ...base, insns: body + END });
  const end = (ctxStruct(ctx)?.size || SPAN) + 8;
  for (let off = -8; off < end; off++) {
    for (const size of [1, 2, 4, 8]) {
      if (off % size !== 0 || (!first && off % 4 !== 0)) continue;
      add(`read ${size}@${off}`, read(size, off));
      if (off % 4 !== 0 || size === 2) continue;
      add(`write ${size}@${off}`, write(size, off));
      if (!first) continue;
      add(`write fp ${size}@${off}`, writeReg(size, off));
      if (size < 8) add(`read signed ${size}@${off}`, readSigned(size, off));
    }
  }
}

/** Loads a pointer to a socket into R1 and leaves when it is NULL. */
const sockets = (off: number, helper: number): string => {
  const leave = insn(0x55, 0x01, 2) + END;
  const cast = helper === 0 ? '' : insn(0x85, 0, 0, helper) + insn(0xbf, 0x01, 0) + leave;
  return insn(0x79, 0x11, off) + leave + cast;
};
const SOCKETS = { sock_common: [0, 82], sock: [95, 84], tcp_sock: [96, 120] } as const;

/** All requests, by name. */
export function contextRequests(): Requests {
  const all: Requests = new Map();
  for (const progType of Object.keys(PROG_TYPES) as (keyof typeof PROG_TYPES)[]) {
    if (BY_BTF.has(progType)) continue;
    const { attachTypes, attachTypeChecked } = PROG_TYPES[progType];
    const hooks: readonly (string | undefined)[] = attachTypeChecked ? attachTypes : [undefined];
    for (const [i, hook] of hooks.entries()) forType(all, progType, hook, i === 0);
  }
  for (const [name, [helper, end]] of Object.entries(SOCKETS)) {
    for (let off = 0; off < end; off++) {
      for (const size of [1, 2, 4, 8]) {
        if (off % size !== 0) continue;
        const insns = sockets(168, helper) + read(size, off) + END;
        all.set(`${name} read ${size}@${off}`, { name: 's', prog_type: 'sched_cls', license: 'GPL', insns });
      }
    }
  }
  return all;
}
