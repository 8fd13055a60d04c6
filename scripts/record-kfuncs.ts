/**
 * Writes test/recorded/spec/kfuncs-6.12.json: which kfuncs the kernel image registers with which flags, which kinds of programs a
 * running kernel lets call them, and to which structs of all that it has it lets maps hold references.
 * Usage: ORACLE_DIR=DIR npx tsx scripts/record-kfuncs.ts vmlinux.BTF_ids [module.BTF_ids …]
 * The files are the .BTF_ids sections of vmlinux and of modules, named after them (objcopy --dump-section .BTF_ids=FILE).
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { BtfBuilder } from '../src/btf/builder.ts';
import { type BuiltinBtfName, builtinBtf } from '../src/btf/builtin.ts';
import { ATTACH_TYPES } from '../src/spec/attachTypes.ts';
import { PROG_TYPES } from '../src/spec/progTypes.ts';
import type { LoadRequest, LoadResult } from '../src/spec/request.ts';
import { toHex } from '../src/util/hex.ts';
import { type Hook, hooks } from './hooks.ts';
import { askOracle } from './oracle.ts';

/** BTF_SET8_KFUNCS, the flags word of a set of kfuncs. */
const SET8_KFUNCS = 1;

/** Sets of kfuncs in a section: a count, SET8_KFUNCS, then so many pairs of an id and flags, ids ascending and all of functions. */
function kfuncSets(file: string, name: BuiltinBtfName): [string, number][][] {
  const bytes = readFileSync(file);
  const words = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i));
  const btf = builtinBtf(name);
  const sets: [string, number][][] = [];
  for (let i = 0; i + 3 < words.length; i++) {
    const count = words[i]!;
    if (words[i + 1] !== SET8_KFUNCS || count === 0 || i + 2 + 2 * count > words.length) continue;
    const pairs = Array.from({ length: count }, (_, n) => [words[i + 2 + 2 * n]!, words[i + 3 + 2 * n]!] as const);
    const ascending = pairs.every(([id], n) => n === 0 || pairs[n - 1]![0] < id);
    if (!ascending || !pairs.every(([id]) => btf.type(id)?.kind === 'func')) continue;
    sets.push(pairs.map(([id, flags]): [string, number] => [btf.type(id)!.name, flags]));
    i += 1 + 2 * count;
  }
  return sets;
}

/** Programs that other recorders need not tell apart: sleepable ones, and attach types that the prog type ignores but a kfunc does not. */
function moreHooks(all: readonly Hook[]): Hook[] {
  const plain = (name: string) => all.find((h) => h.name === name)!.request;
  return [
    ...all,
    {
      name: 'lsm/lsm_mac:file_open+sleepable',
      request: { ...plain('lsm/lsm_mac:file_open'), prog_flags: ['sleepable'] },
    },
    ...(['tracepoint', 'perf_event', 'raw_tracepoint'] as const).map((type) => ({
      name: `${type}/trace_iter`,
      request: {
        ...plain(type),
        prog_type: PROG_TYPES[type].id,
        expected_attach_type: ATTACH_TYPES.trace_iter.id,
      },
    })),
  ];
}

/** The structs of vmlinux and the modules whose BTF loads with a `__kptr` to them in a map value. */
function kptrStructs(names: readonly BuiltinBtfName[], modules: readonly string[]): { asked: number; kptrs: string[] } {
  const structs = new Set<string>();
  for (const btf of names.map((name) => builtinBtf(name))) {
    for (let id = btf.firstId; id < btf.endId; id++) {
      const type = btf.type(id)!;
      if (type.kind === 'struct' && type.name !== '') structs.add(type.name);
    }
  }
  const asked = [...structs];
  const requests = asked.map((name): LoadRequest => {
    const b = new BtfBuilder();
    const key = b.int('int', 4, { signed: true });
    const value = b.struct('val', 8);
    b.setMembers(value, [{ name: 'p', type: b.ptr(b.typeTag('kptr', b.struct(name, 0))), bitOffset: 0 }]);
    const types = { btf: toHex(b.build()), btf_key_type_id: key, btf_value_type_id: value };
    const map = { name: 'm', type: 'array', key_size: 4, value_size: 8, max_entries: 1, ...types };
    return { name, prog_type: 'xdp', license: 'GPL', insns: 'b700000000000000 9500000000000000', maps: [map] };
  });
  const kptrs = askOracle(requests, 0, modules).flatMap((result, i) => {
    if (result.verdict === 'accept') return [asked[i]!];
    if (result.errname !== 'ENOENT') throw new Error(`${asked[i]}: ${result.stage} ${result.errname}`);
    return [];
  });
  return { asked: asked.length, kptrs };
}

type Answer = 'allowed' | 'no' | 'must_sleep' | 'device_bound';

function answer(result: LoadResult, name: string): Answer {
  const log = result.log ?? '';
  if (log.includes(`calling kernel function ${name} is not allowed`)) return 'no';
  if (log.includes('program must be sleepable to call sleepable kfunc')) return 'must_sleep';
  if (log.includes('metadata kfuncs require device-bound program')) return 'device_bound';
  if (log.includes('(85) call') || result.verdict === 'accept') return 'allowed';
  throw new Error(`${result.name}: ${result.verdict} ${result.stage} ${result.errname} ${result.detail}: ${log}`);
}

const files = process.argv
  .slice(2)
  .map((file) => [file, basename(file).replace(/\..*$/, '') as BuiltinBtfName] as const);
const sets = files.flatMap(([file, name]) => kfuncSets(file, name).map((set) => ({ module: name, kfuncs: set })));
const kfuncs = [...new Map(sets.flatMap(({ module, kfuncs }) => kfuncs.map(([name]) => [name, module]))).entries()];
const modules = files.map(([, name]) => name).filter((name) => name !== 'vmlinux');

const all = moreHooks(hooks());
const alive = askOracle(all.map((h) => ({ ...h.request, name: h.name, insns: 'b700000001000000 9500000000000000' })));
const loadable = all.filter((_, i) => alive[i]?.verdict === 'accept' || alive[i]?.log?.includes('At program exit'));
const answers = askOracle(
  loadable.flatMap((h) =>
    kfuncs.map(([name, module]) => ({
      ...h.request,
      name: `${h.name} ${name}`,
      log_keep: 1000,
      insns: '8520000000000000 b700000000000000 9500000000000000',
      btf_relocs: [{ insn: 0, name, kind: 'func' as const, ...(module === 'vmlinux' ? {} : { module }) }],
    })),
  ),
  1,
  modules,
);
const byHook = loadable.map((h, i) => {
  const groups: Partial<Record<Answer, string[]>> = {};
  kfuncs.forEach(([name], j) => {
    const a = answer(answers[i * kfuncs.length + j]!, name);
    if (a !== 'no') groups[a] = [...(groups[a] ?? []), name];
  });
  return [h.name, groups] as const;
});
const { asked, kptrs } = kptrStructs(
  files.map(([, name]) => name),
  modules,
);
const lines = (rows: readonly unknown[]): string => rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
writeFileSync(
  new URL('../test/recorded/spec/kfuncs-6.12.json', import.meta.url),
  `{\n  "kernel": "6.12.117",\n  "sets": [\n${lines(sets)}\n  ],\n  "hooks": [\n${lines(byHook)}\n  ],\n  "structs": ${asked},\n  "kptrs": ${JSON.stringify(kptrs)}\n}\n`,
);
console.log(`${kfuncs.length} kfuncs in ${sets.length} sets, ${loadable.length} hooks, ${answers.length} answers`);
