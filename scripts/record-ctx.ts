/**
 * Asks a real kernel which context bytes each kind of program may read and write, and what its verifier turns an access into;
 * writes test/recorded/spec/ctx-6.12.json.
 * Usage: ORACLE_DIR=DIR npx tsx scripts/record-ctx.ts   (DIR holds oracle.py; default ~/.oracle)
 */

import { writeFileSync } from 'node:fs';
import { ATTACH_TYPES } from '../src/spec/attachTypes.ts';
import { ctxStruct } from '../src/spec/ctx/index.ts';
import { PROG_TYPES, type ProgTypeName, retvalRule } from '../src/spec/progTypes.ts';
import type { LoadRequest } from '../src/spec/request.ts';
import { askOracle } from './oracle.ts';

const SKIP: readonly string[] = ['tracepoint', 'raw_tracepoint', 'raw_tracepoint_writable', 'tracing', 'lsm', 'ext'];
const SIZES = [1, 2, 4, 8] as const;
const SIZE_BITS = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 } as const;

function insn(op: number, dst: number, src: number, off: number, imm: number): string {
  const b = Buffer.alloc(8);
  b[0] = op;
  b[1] = dst | (src << 4);
  b.writeInt16LE(off, 2);
  b.writeInt32LE(imm, 4);
  return b.toString('hex');
}

interface Hook {
  readonly name: string;
  readonly ctx: string;
  readonly size: number;
  readonly ret: number;
  readonly request: LoadRequest;
}

function hooks(): Hook[] {
  const out: Hook[] = [];
  for (const type of Object.keys(PROG_TYPES) as ProgTypeName[]) {
    const row = PROG_TYPES[type];
    const struct = ctxStruct(row.ctx);
    if (struct === undefined || SKIP.includes(type)) continue;
    const attaches = row.attachTypeChecked || type === 'xdp' ? row.attachTypes : [undefined];
    for (const attach of attaches) {
      const rule = retvalRule(row, attach);
      out.push({
        name: attach === undefined ? type : `${type}/${attach}`,
        ctx: row.ctx,
        size: struct.size,
        ret: typeof rule === 'string' ? 0 : rule[0],
        request: {
          prog_type: row.id,
          license: 'GPL',
          log_level: 1,
          log_keep: 100,
          ...(attach === undefined ? {} : { expected_attach_type: ATTACH_TYPES[attach].id }),
        },
      });
    }
  }
  return out;
}

/** Insns without the two of the return value. */
function body(hex: string): string {
  return hex.slice(0, -32);
}

/** r2 = *(uN *)(r1 + off), or the store of r2 = 0; then the return value. */
function access(hook: Hook, rw: 'r' | 'w', size: 1 | 2 | 4 | 8, off: number): string {
  const body =
    rw === 'r'
      ? insn(0x61 | SIZE_BITS[size], 2, 1, off, 0)
      : insn(0xb7, 2, 0, 0, 0) + insn(0x63 | SIZE_BITS[size], 1, 2, off, 0);
  return body + insn(0xb7, 0, 0, 0, hook.ret) + insn(0x95, 0, 0, 0, 0);
}

interface Question {
  readonly hook: Hook;
  readonly rw: 'r' | 'w';
  readonly size: 1 | 2 | 4 | 8;
  readonly off: number;
}

const questions: Question[] = [];
for (const hook of hooks()) {
  for (const rw of ['r', 'w'] as const) {
    for (const size of SIZES) {
      for (let off = 0; off <= hook.size; off += size) questions.push({ hook, rw, size, off });
    }
  }
}
const results = askOracle(
  questions.map(({ hook, rw, size, off }, i) => ({
    ...hook.request,
    name: String(i),
    want_xlated: true,
    insns: access(hook, rw, size, off),
  })),
);
interface Entry {
  ctx: string;
  access: Record<string, number[]>;
  xlated: Record<string, string>;
}
const recorded: Record<string, Entry> = {};
results.forEach((result, i) => {
  const { hook, rw, size, off } = questions[i]!;
  if (result.verdict !== 'accept' && result.verdict !== 'reject') throw new Error(`${hook.name}: ${result.verdict}`);
  recorded[hook.name] ??= { ctx: hook.ctx, access: {}, xlated: {} };
  if (result.verdict !== 'accept') return;
  const entry = recorded[hook.name]!;
  const key = `${rw}${size}`;
  entry.access[key] = [...(entry.access[key] ?? []), off];
  entry.xlated[`${key}+${off}`] = result.xlated ?? '';
});
/** Insns are listed once for each context struct, and again for a hook whose insns are others. */
const insns: Record<string, Record<string, string>> = {};
const differs: Record<string, Record<string, string>> = {};
for (const [name, { ctx, xlated }] of Object.entries(recorded)) {
  insns[ctx] = { ...xlated, ...insns[ctx] };
  const other = Object.entries(xlated).filter(([key, hex]) => body(hex) !== body(insns[ctx]![key]!));
  if (other.length > 0) differs[name] = Object.fromEntries(other);
}
const lines = Object.entries(recorded).map(
  ([name, e]) => `    ${JSON.stringify(name)}: ${JSON.stringify({ ctx: e.ctx, ...e.access })}`,
);
const xlated = Object.entries(insns).map(([ctx, list]) => `    ${JSON.stringify(ctx)}: ${JSON.stringify(list)}`);
const others = Object.entries(differs).map(([hook, list]) => `    ${JSON.stringify(hook)}: ${JSON.stringify(list)}`);
writeFileSync(
  new URL('../test/recorded/spec/ctx-6.12.json', import.meta.url),
  `{\n  "kernel": "6.12.117",\n  "hooks": {\n${lines.join(',\n')}\n  },\n  "xlated": {\n${xlated.join(',\n')}\n  },\n  "xlated_by_hook": {\n${others.join(',\n')}\n  }\n}\n`,
);
