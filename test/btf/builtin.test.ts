import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { packBtf } from '../../scripts/btf/pack.ts';
import { BtfBuilder } from '../../src/btf/builder.ts';
import { type BuiltinBtfName, builtinBtf, builtinBtfBlob } from '../../src/btf/builtin.ts';
import { unpackBtf } from '../../src/btf/builtinColumns.ts';
import { BUILTIN_BTFS } from '../../src/btf/builtinData.ts';
import { inflate } from '../../src/btf/builtinInflate.ts';
import type { KernelBtf } from '../../src/btf/kernelBtf.ts';
import { btfTypeSkipModifiers, findAttachTarget, findFunc, findKind, openKernelBtf } from '../../src/btf/kernelBtf.ts';
import { BTF_KINDS } from '../../src/btf/kinds.ts';
import { LAYOUTS } from '../../src/spec/layouts.ts';
import type { Result } from '../../src/util/problem.ts';
import { explainProblem } from '../../src/util/problem.ts';

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problems[0]!.code);
  return result.value;
}

/** One of every kind that vmlinux and modules have, with strings used twice. */
function everyKind(extra: readonly string[] = []): BtfBuilder {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { signed: true });
  const node = b.struct('node', 24);
  b.setMembers(node, [
    { name: 'next', type: b.ptr(node), bitOffset: 0 },
    { name: 'node', type: b.array(int, int, 4), bitOffset: 64 },
  ]);
  const proto = b.funcProto(int, [{ name: 'node', type: b.ptr(b.const(b.typeTag('rcu', b.fwd('sock', 'union')))) }]);
  b.declTag('bpf_kfunc', b.func('next', proto, 'global'), -1);
  b.enum('verdict', [
    ['DROP', -1],
    ['PASS', 2],
  ]);
  const variable = b.var('limit', b.typedef('number', int), true);
  b.datasec('.data', 8, [{ type: variable, offset: 4, size: 4 }]);
  for (const name of extra) b.func(name, proto, 'static');
  return b;
}

/** A split BTF of typedefs of the base's type 1; names that the base has are its strings. */
function splitBtf(base: KernelBtf, names: readonly string[]): Uint8Array {
  const strings = new Map<string, number>();
  for (let offset = 1; offset < base.endString; offset += base.string(offset).length + 1) {
    strings.set(base.string(offset), offset);
  }
  let text = Buffer.alloc(0);
  const words = names.flatMap((name) => {
    const offset = strings.get(name) ?? base.endString + text.length;
    if (!strings.has(name)) text = Buffer.concat([text, Buffer.from(`${name}\0`)]);
    strings.set(name, offset);
    return [offset, BTF_KINDS.typedef << 24, 1];
  });
  const header = [24, 0, words.length * 4, words.length * 4, text.length];
  return Buffer.concat([
    Buffer.from([0x9f, 0xeb, 1, 0]),
    Buffer.from(Uint32Array.from([...header, ...words]).buffer),
    text,
  ]);
}

const typesOf = (btf: KernelBtf) =>
  Array.from({ length: btf.endId - btf.firstId }, (_, i) => btf.type(btf.firstId + i));

describe('inflate', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }),
    fc.array(fc.constantFrom('abc', 'abcd', 'x', 'yy\0'), { maxLength: 5000 }).map((w) => Buffer.from(w.join(''))),
  );
  const { Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY } = constants;
  it('gives back what zlib deflated, at every level and strategy', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY),
        (data, level, strategy) => {
          const back = inflate(deflateRawSync(data, { level, strategy }), data.length);
          expect(Buffer.compare(back, data)).toBe(0);
        },
      ),
    );
  });

  it('reaches back 32 KiB', () => {
    const data = new Uint8Array(70_000);
    for (let i = 0, x = 1; i < 32_768; i++) data[i] = x = (x * 1103515245 + 12345) & 0xff;
    data.copyWithin(32_768, 0, 32_768);
    expect(Buffer.compare(inflate(deflateRawSync(data), data.length), data)).toBe(0);
  });

  it('ends on any damaged stream', () => {
    const data = Buffer.from('the same words over and over, over and over, words, words'.repeat(30));
    const good = deflateRawSync(data);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bad = Uint8Array.from(good);
        bad[at]! ^= change;
        try {
          expect(inflate(bad, data.length)).toHaveLength(data.length);
        } catch (e) {
          expect((e as Error).message).toMatch(/stream ends|no such|leaves the output|instead of/);
        }
      }),
    );
  });
});

describe('columns', () => {
  const names = fc.array(fc.string({ maxLength: 9 }).map((s) => `f${s.replaceAll('\0', '')}`));
  it('give back every byte', () => {
    fc.assert(
      fc.property(names, (extra) => {
        const blob = everyKind(extra).build();
        const packed = packBtf(blob, must(openKernelBtf(blob, { name: 'vmlinux' })));
        expect(Buffer.compare(unpackBtf(packed), blob)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('give back every byte of a split BTF, whose names may be strings of the base', () => {
    const base = must(openKernelBtf(everyKind().build(), { name: 'vmlinux' }));
    fc.assert(
      fc.property(names, fc.array(fc.constantFrom('node', 'sock', 'limit'), { maxLength: 4 }), (own, shared) => {
        const blob = splitBtf(base, [...own, ...shared]);
        const btf = must(openKernelBtf(blob, { name: 'mod' }, base));
        expect(typesOf(btf).map((type) => type?.name)).toEqual([...own, ...shared]);
        expect(Buffer.compare(unpackBtf(packBtf(blob, btf), base.endId, base.endString), blob)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the built-in BTF', () => {
  const names = Object.keys(BUILTIN_BTFS) as BuiltinBtfName[];
  test.each(names)('%s unpacks to the bytes that were packed', (name) => {
    expect(createHash('sha256').update(builtinBtfBlob(name)).digest('hex')).toBe(BUILTIN_BTFS[name].sha256);
  });

  it('is all of vmlinux: every id up to the last has a type, every reference leads to one', () => {
    const btf = builtinBtf();
    expect([btf.firstId, btf.endId]).toEqual([1, 107332]);
    const kinds: Record<string, number> = {};
    for (let id = 1; id < btf.endId; id++) {
      const type = btf.type(id)!;
      kinds[type.kind] = (kinds[type.kind] ?? 0) + 1;
      const ids = 'type' in type ? [type.type] : 'members' in type ? type.members.map((m) => m.type) : [];
      if (!ids.every((ref) => ref === 0 || btf.type(ref) !== undefined)) expect.fail(`type ${id}`);
    }
    expect(kinds).toMatchObject({ func: 47347, func_proto: 25049, struct: 9398 });
    expect([btf.type(0), btf.type(107332)]).toEqual([undefined, undefined]);
  });

  it('has the arguments, type ids and names that the kernel gives in its logs', () => {
    const file = resolve(import.meta.dirname, '../recorded/btf/args-6.12.json');
    type Row = readonly [attach: string, name: string, func: string, id: number, kind: string, type: string];
    const { rows } = JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] };
    expect(rows.length).toBeGreaterThan(700);
    const btf = builtinBtf();
    const behind = (id: number) => {
      const found = btfTypeSkipModifiers(btf, id);
      if (!found || !('type' in found.type)) throw new Error(`type ${id} refers to nothing`);
      return found.type.type;
    };
    const answers = rows.map(([attach, name, func]) => {
      const { type } = must(findAttachTarget(btf, attach, name));
      const first = attach === 'trace_raw_tp' ? 1 : 0;
      const proto = btf.type(type.kind === 'typedef' ? behind(type.type) : type.kind === 'func' ? type.type : 0);
      if (proto?.kind !== 'func_proto') throw new Error(`${name} has no prototype`);
      const arg = btfTypeSkipModifiers(btf, behind(proto.params[first]!.type))!;
      return [attach, name, func, arg.id, arg.type.kind.toUpperCase(), arg.type.name || '(anon)'];
    });
    expect(answers).toEqual(rows);
  });

  it('agrees with the layout tables', () => {
    const btf = builtinBtf();
    for (const [name, layout] of Object.entries(LAYOUTS)) {
      const { type } = must(findKind(btf, 'struct', name));
      expect([name, type.size]).toEqual([name, layout.size]);
      for (const member of type.members) {
        const known = (layout.members as Record<string, readonly number[]>)[member.name];
        if (known && member.bits === 0)
          expect([name, member.name, known[0]]).toEqual([name, member.name, member.bitOffset / 8]);
      }
    }
  });

  it('finds what programs attach to', () => {
    const btf = builtinBtf();
    const named = (attach: string, name: string) => must(findAttachTarget(btf, attach, name)).type;
    expect(named('trace_fentry', 'bpf_sk_storage_free')).toMatchObject({ kind: 'func', name: 'bpf_sk_storage_free' });
    expect(named('trace_raw_tp', 'sched_switch')).toMatchObject({ kind: 'typedef', name: 'btf_trace_sched_switch' });
    expect(named('lsm_mac', 'file_open')).toMatchObject({ kind: 'func', name: 'bpf_lsm_file_open' });
    expect(named('trace_iter', 'tcp')).toMatchObject({ kind: 'func', name: 'bpf_iter_tcp' });
    expect(named('struct_ops', 'tcp_congestion_ops')).toMatchObject({ kind: 'struct', name: 'tcp_congestion_ops' });
  });

  it('says of other names that a file may have them', () => {
    const result = findFunc(builtinBtf(), 'bpf_ct_release');
    expect(result.ok).toBe(false);
    if (!result.ok) {
      expect(result.problems[0]!.code).toBe('btf.not-builtin');
      expect(explainProblem(result.problems[0]!)).toMatchInlineSnapshot(`
        "error: FUNC bpf_ct_release is not in the built-in BTF
          help: give --btf FILE, a copy of /sys/kernel/btf/vmlinux or of the module that has it"
      `);
    }
    for (const attach of ['constructor', '__proto__', 'toString']) {
      expect(findAttachTarget(builtinBtf(), attach, 'hasOwnProperty').ok).toBe(false);
    }
  });

  it('has modules on top of vmlinux', () => {
    const module = builtinBtf('nf_conntrack');
    const func = must(findFunc(module, 'bpf_ct_release'));
    expect(func.id).toBeGreaterThanOrEqual(107332);
    expect(module.type(func.type.type)).toMatchObject({ kind: 'func_proto', ret: 0 });
    expect(module.find('struct', 'sock')).toBe(builtinBtf().find('struct', 'sock'));
    expect(module.base).toBe(builtinBtf());
  });

  it('is not loaded by commands that need none', () => {
    const seen = new Set<string>();
    const walk = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(file, 'utf8');
      for (const m of text.matchAll(/^\s*(?:import|export)\b(?!\s+type\b)[^;]*?from\s+'(\.[^']+)'/gms)) {
        walk(resolve(file, '..', m[1]!));
      }
    };
    walk(resolve(import.meta.dirname, '../../src/cli/main.ts'));
    expect(seen.size).toBeGreaterThan(50);
    expect([...seen].filter((file) => /builtinData/.test(file))).toEqual([]);
  });
});

describe("a user's BTF", () => {
  it('is read as the built-in one, and what it lacks is said of it', () => {
    const btf = must(openKernelBtf(everyKind().build(), { name: 'vmlinux' }));
    expect(must(findFunc(btf, 'next')).type).toMatchObject({ kind: 'func', linkage: 1 });
    const result = findFunc(btf, 'node');
    expect(!result.ok && result.problems[0]!.code).toBe('btf.no-name');
    expect(btf.find('ptr', '')).toBe(undefined);
  });

  it('may have names twice: the first counts, the base first of all', () => {
    const twice = new BtfBuilder();
    const proto = twice.funcProto(0, []);
    const first = twice.func('f', proto, 'static');
    twice.func('f', proto, 'static');
    const base = must(openKernelBtf(twice.build(), { name: 'vmlinux' }));
    expect(base.find('func', 'f')).toBe(first);
    const packed = packBtf(twice.build(), base);
    const split = must(openKernelBtf(unpackBtf(packed, base.endId, base.endString), { name: 'mod' }, base));
    expect([split.firstId, split.endId, split.find('func', 'f')]).toEqual([4, 7, first]);
    expect(split.type(5)).toMatchObject({ kind: 'func', name: 'f' });
  });

  it('of a module stands on the built-in vmlinux as on the real one', () => {
    const opened = must(openKernelBtf(builtinBtfBlob('nf_conntrack'), { name: 'nf_conntrack' }, builtinBtf()));
    expect(typesOf(opened)).toEqual(typesOf(builtinBtf('nf_conntrack')));
    const { type } = must(findFunc(opened, 'bpf_xdp_ct_lookup'));
    const proto = opened.type(type.type);
    expect(proto?.kind === 'func_proto' && proto.params.map((p) => p.name)).toEqual([
      'xdp_ctx',
      'bpf_tuple',
      'tuple__sz',
      'opts',
      'opts__sz',
    ]);
  });

  it('may be one long string with thousands of names inside: no name is longer than a name can be', () => {
    const long = new BtfBuilder();
    long.int('x'.repeat(5000), 4);
    const blob = long.build();
    expect(must(openKernelBtf(blob, { name: 'vmlinux' })).type(1)?.name).toHaveLength(5000);
    new DataView(blob.buffer).setUint32(24, 2, true);
    expect(must(openKernelBtf(blob, { name: 'vmlinux' })).type(1)?.name).toHaveLength(512);
  });

  it('gives a problem or types, whatever its bytes', () => {
    const good = everyKind().build();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: good.length }),
        (changes, length) => {
          const bad = Uint8Array.from(good);
          for (const [at, value] of changes) bad[at] = value;
          for (const blob of [bad, bad.subarray(0, length)]) {
            const opened = openKernelBtf(blob, { name: 'vmlinux' });
            if (!opened.ok) {
              expect(opened.problems[0]!.code).toMatch(/^btf\./);
              continue;
            }
            for (let id = 0; id <= opened.value.endId; id++) {
              opened.value.type(id);
              btfTypeSkipModifiers(opened.value, id);
            }
            findFunc(opened.value, 'next');
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
