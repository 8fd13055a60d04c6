import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type BuiltinBtfName, builtinBtf } from '../../src/btf/builtin.ts';
import { findFunc } from '../../src/btf/kernelBtf.ts';
import { ATTACH_TYPES } from '../../src/spec/attachTypes.ts';
import { KPTR_DTORS } from '../../src/spec/kfuncs/dtors.ts';
import {
  KFUNC_FLAGS,
  KFUNCS,
  type KfuncCaller,
  type KfuncRow,
  kfuncAllowed,
  kfuncRow,
} from '../../src/spec/kfuncs/index.ts';
import { PROG_TYPES } from '../../src/spec/progTypes.ts';

/** What scripts/record-kfuncs.ts read from the kernel's image and heard from a running kernel. */
interface Recorded {
  readonly sets: readonly {
    readonly module: BuiltinBtfName;
    readonly kfuncs: readonly (readonly [string, number])[];
  }[];
  readonly kptrs: readonly string[];
  readonly hooks: readonly (readonly [hook: string, groups: Readonly<Partial<Record<string, readonly string[]>>>])[];
}
const recorded = JSON.parse(
  readFileSync(new URL('../recorded/spec/kfuncs-6.12.json', import.meta.url), 'utf8'),
) as Recorded;
const rows = Object.entries(KFUNCS) as [string, KfuncRow][];

function caller(hook: string): KfuncCaller & { readonly sleepable: boolean } {
  const [progType, attach] = hook.replace('+sleepable', '').split('/') as [string, string?];
  const attachType = attach?.split(':')[0];
  const sleepable = progType === 'syscall' || hook.endsWith('+sleepable');
  return { progType, sleepable, ...(attachType === undefined ? {} : { attachType }) };
}

describe('kfunc rows', () => {
  it('are the kernel image: the same names, flags and modules, no more and no fewer', () => {
    const inImage = recorded.sets.flatMap(({ module, kfuncs }) => kfuncs.map(([name, flags]) => [name, module, flags]));
    const word = (row: KfuncRow) => row.flags.reduce((sum, flag) => sum | KFUNC_FLAGS[flag], 0);
    const ours = rows.map(([name, row]) => [name, row.module ?? 'vmlinux', word(row)]);
    const unique = [...new Map(inImage.map((row) => [row[0], row])).values()];
    expect(ours.sort()).toEqual(unique.sort());
  });

  it('are in as many hooks as the image has sets for them', () => {
    const twice = recorded.sets
      .flatMap((s) => s.kfuncs.map(([name]) => name))
      .filter((n, i, all) => all.indexOf(n) !== i);
    expect(twice).toEqual(['bpf_modify_return_test_tp']);
    expect(kfuncRow('bpf_modify_return_test_tp')?.hooks).toEqual(['common', 'fmodret']);
  });

  it('have a prototype in the built-in BTF', () => {
    for (const [name, row] of rows) {
      const btf = builtinBtf((row.module ?? 'vmlinux') as BuiltinBtfName);
      const func = findFunc(btf, name);
      expect([name, func.ok && btf.type(func.value.type.type)?.kind]).toEqual([name, 'func_proto']);
      expect([name, func.ok && func.value.id >= btf.firstId]).toEqual([name, true]);
    }
  });

  it('follow the rules that the kernel has for iterators', () => {
    for (const [name, { flags }] of rows) {
      const end = /^bpf_iter_\w+_(new|next|destroy)$/.exec(name)?.[1];
      const flag = flags.filter((f) => f.startsWith('KF_ITER_'));
      expect([name, ...flag]).toEqual(end ? [name, `KF_ITER_${end.toUpperCase()}`] : [name]);
      if (end === 'next') expect(flags).toContain('KF_RET_NULL');
    }
  });

  it('filter by prog types and attach types that there are', () => {
    for (const [name, { filter, since }] of rows) {
      if (filter?.progType !== undefined) expect(PROG_TYPES).toHaveProperty(filter.progType);
      if (filter?.attachType !== undefined) expect(ATTACH_TYPES).toHaveProperty(filter.attachType);
      expect([name, since]).toEqual([name, expect.stringMatching(/^(5\.1[3-9]|6\.([0-9]|1[0-2]))$/)]);
    }
  });

  it('are found by their own names only', () => {
    expect(kfuncRow('bpf_sock_destroy')?.flags).toEqual(['KF_TRUSTED_ARGS']);
    for (const name of ['', 'constructor', '__proto__', 'bpf_sk_storage_get']) expect(kfuncRow(name)).toBe(undefined);
  });
});

describe('structs that maps may hold references to', () => {
  it('are those that the kernel takes, of all that it has', () => {
    expect(Object.keys(KPTR_DTORS).sort()).toEqual([...recorded.kptrs].sort());
  });

  it('have destructors in the built-in BTF, which take one pointer and return nothing', () => {
    const btf = builtinBtf();
    for (const dtor of Object.values(KPTR_DTORS)) {
      const func = findFunc(btf, dtor);
      const proto = func.ok ? btf.type(func.value.type.type) : undefined;
      expect([dtor, proto]).toEqual([dtor, { kind: 'func_proto', name: '', ret: 0, params: [expect.anything()] }]);
    }
  });
});

describe('availability of kfuncs', () => {
  it('was recorded for every prog type that loads by itself', () => {
    const types = new Set(recorded.hooks.map(([hook]) => caller(hook).progType));
    expect(
      Object.keys(PROG_TYPES)
        .filter((type) => !types.has(type))
        .sort(),
    ).toEqual(['ext', 'lirc_mode2']);
  });

  it.each(recorded.hooks)('%s may call what the kernel lets it call', (hook, answers) => {
    const who = caller(hook);
    const heard = (group: string) => [...(answers[group] ?? [])].sort();
    const names = (test: (row: KfuncRow) => boolean) => rows.flatMap(([name, row]) => (test(row) ? [name] : [])).sort();
    const mine = (row: KfuncRow) => !row.deviceBound && kfuncAllowed(row, who);
    const tooSleepy = (row: KfuncRow) => row.flags.includes('KF_SLEEPABLE') && !who.sleepable;
    expect(names((row) => row.deviceBound === true)).toEqual(heard('device_bound'));
    expect(names((row) => mine(row) && tooSleepy(row))).toEqual(heard('must_sleep'));
    expect(names((row) => mine(row) && !tooSleepy(row))).toEqual(heard('allowed'));
  });
});
