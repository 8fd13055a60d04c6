import { expect, test } from 'vitest';
import { decodeProgram, encodeProgram, makeInsn } from '../../src/isa/codec.ts';
import { OPCODES } from '../../src/isa/opcodes.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';
import { problemText } from '../../src/util/problem.ts';
import { testRequest } from '../programs/sequences.ts';
import { Random } from '../random.ts';

const RUNS = 60_000;
const MUTANTS = 2_500;
const INSN_LIMIT = 2_000;
/** What a hostile program may make the memory grow to: it cannot allocate, only what loading takes. */
const MAX_BYTES = 512 * 2 ** 20;

const random = new Random(0x2545f491);
const below = (n: number): number => random.below(n);
const pick = <T>(list: readonly T[]): T => random.pick(list);

function randomBytes(): Uint8Array {
  return Uint8Array.from({ length: 8 * (1 + below(24)) }, () => below(256));
}

/** Well-formed insns with random operands, which get further than random bytes do. */
function randomInsns(): Uint8Array {
  const insns = Array.from({ length: 1 + below(24) }, () => {
    const row = pick(OPCODES);
    const { fixed } = row;
    const slot = {
      code: row.code,
      dst: below(11),
      src: fixed.src ?? below(11),
      off: fixed.off ?? pick([0, 1, -1, -8, 4, 76, 80, below(65536) - 32768]),
      imm: fixed.imm ?? pick([0, 1, -1, 5, below(220), below(2 ** 31)]),
    };
    const next = row.kind === 'ld_imm64' ? { code: 0, dst: 0, src: 0, off: 0, imm: pick([0, 1, -1]) } : undefined;
    return makeInsn(slot, next);
  });
  return encodeProgram(insns);
}

const SHOWPIECES = ['lb/tc.bpf', 'lb/xdp.bpf', 'conntrack/firewall.bpf', 'hello/limit.bpf'].map((f) => testRequest(f));

function hexOf(insns: string | readonly string[] | undefined): string {
  return typeof insns === 'string' ? insns : (insns ?? []).join('');
}

/** A showpiece whose entry program, or one it calls, has some bytes changed, insns dropped or doubled. */
function mutated(): { request: LoadRequest; index: number } {
  const request = pick(SHOWPIECES);
  const progs = request.progs ?? [request];
  const index = below(progs.length);
  let bytes: Uint8Array = fromHex(hexOf(progs[index]!.insns))!.slice();
  for (let i = 1 + below(4); i > 0; i--) {
    const at = below(bytes.length);
    if (below(4) > 0) bytes[at] = below(256);
    else {
      const insns = decodeProgram(bytes);
      insns.splice(below(insns.length), 1, ...(below(2) === 0 ? [] : [pick(insns), pick(insns)]));
      bytes = encodeProgram(insns);
    }
  }
  const changed = { ...progs[index], insns: toHex(bytes) };
  if (!request.progs) return { request: { ...request, ...changed }, index };
  return { request: { ...request, progs: progs.map((p, i) => (i === index ? changed : p)) }, index };
}

function kernelWith(request: LoadRequest): Kernel {
  const made = Kernel.create();
  if (!made.ok) throw new Error('no kernel');
  expect(made.value.load(request).problems).toEqual([]);
  return made.value;
}

/** Loads and runs one program; whatever it is, the answer is a result or a problem with words. */
function runOne(kernel: Kernel, insns: Uint8Array, type: string, maps: boolean): string {
  const before = kernel.snapshot();
  const relocs = maps ? {} : { map_relocs: [] };
  const loaded = kernel.load({ prog_type: type, insns: toHex(insns), ...relocs });
  const prog = loaded.progs[0];
  let result = 'refused';
  if (prog) {
    const data = Uint8Array.from({ length: 14 + below(60) }, () => below(256));
    const status = kernel.testRun(prog, { data, repeat: 1 + below(2) }, INSN_LIMIT).finish();
    result = status.state;
    if (status.state === 'fault') expect(problemText(status.problem)).toMatch(/\S/);
  } else expect(loaded.problems.length).toBeGreaterThan(0);
  expect(kernel.arena.size).toBeLessThan(MAX_BYTES);
  kernel.restore(before);
  return result;
}

test(`${RUNS} random programs end with a result or a problem`, () => {
  const kernel = kernelWith(SHOWPIECES[3]!);
  const seen: Record<string, number> = {};
  for (let i = 0; i < RUNS; i++) {
    const result = runOne(kernel, below(3) === 0 ? randomBytes() : randomInsns(), pick(['xdp', 'sched_cls']), false);
    seen[result] = (seen[result] ?? 0) + 1;
  }
  expect(seen.done).toBeGreaterThan(100);
  expect(seen.fault).toBeGreaterThan(100);
});

test(`${MUTANTS} mutated showpieces end with a result or a problem`, () => {
  const seen: Record<string, number> = {};
  const kernel = kernelWith({});
  const empty = kernel.snapshot();
  for (let i = 0; i < MUTANTS; i++) {
    const { request, index } = mutated();
    const prog = kernel.load(request).progs[index];
    if (prog) {
      const data = Uint8Array.from({ length: 20 + below(80) }, () => below(256));
      data.set([8, 0, 0x45], 12);
      const status = kernel.testRun(prog, { data }, INSN_LIMIT).finish();
      seen[status.state] = (seen[status.state] ?? 0) + 1;
      if (status.state === 'fault') expect(problemText(status.problem)).toMatch(/\S/);
    }
    kernel.restore(empty);
  }
  expect(seen.done).toBeGreaterThan(100);
  expect(seen.fault).toBeGreaterThan(100);
});
