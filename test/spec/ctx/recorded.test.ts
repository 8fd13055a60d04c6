import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONTEXTS } from '../../../src/spec/ctx/index.ts';
import type { CtxAccess, CtxField, CtxSource } from '../../../src/spec/ctx/row.ts';
import { memberLayout, offsetOf } from '../../../src/spec/layouts.ts';

type Hex = Readonly<Record<string, string>>;
type Hook = Readonly<Record<string, readonly number[]>> & { readonly ctx: string };
const recorded = JSON.parse(readFileSync(new URL('../../recorded/spec/ctx-6.12.json', import.meta.url), 'utf8')) as {
  readonly hooks: Readonly<Record<string, unknown>>;
  readonly xlated: Readonly<Record<string, Hex>>;
  readonly xlated_by_hook: Readonly<Record<string, Hex>>;
};
const hooks = Object.entries(recorded.hooks) as [string, Hook][];

function allowed(access: CtxAccess | undefined, hook: string): boolean {
  return access === 'all' || (access ?? []).some((a) => a === hook || a === hook.split('/')[0]);
}

describe('access rules are those of the kernel', () => {
  it.each(hooks)('%s', (name, hook) => {
    for (const [fieldName, field] of Object.entries(CONTEXTS[hook.ctx]!.fields)) {
      if (![1, 2, 4, 8].includes(field.size)) continue;
      for (const [rw, access] of [
        ['r', field.read],
        ['w', field.write],
      ] as const) {
        const want = (hook[`${rw}${field.size}`] ?? []).includes(field.offset);
        expect(allowed(access, name), `${rw} ${fieldName}`).toBe(want);
      }
    }
  });

  it('say where parts and pairs may be accessed', () => {
    for (const [ctx, struct] of Object.entries(CONTEXTS)) {
      const mine = hooks.filter(([, hook]) => hook.ctx === ctx).map(([, hook]) => hook);
      if (mine.length === 0) continue;
      for (const [name, field] of Object.entries(struct.fields)) {
        if (![2, 4, 8].includes(field.size)) continue;
        const parts = [1, 2, 4].filter((size) => size < field.size);
        const narrow = mine.some((hook) => parts.some((size) => hook[`r${size}`]?.includes(field.offset)));
        expect(field.narrow !== undefined, `${ctx}.${name}`).toBe(narrow);
        const first = Math.ceil(field.offset / 8) * 8;
        const inside = first < field.offset + field.size * (field.count ?? 1);
        const wide = field.size < 8 && inside && mine.some((hook) => hook.r8?.includes(first));
        expect(field.wide ?? false, `${ctx}.${name}`).toBe(wide);
      }
    }
  });
});

function load(dst: string, src: number, size: 1 | 2 | 4 | 8, off: number): string {
  const op = { 1: '71', 2: '69', 4: '61', 8: '79' }[size];
  const low = (off & 0xff).toString(16).padStart(2, '0');
  return `${op}${src}${dst}${low}${(off >> 8).toString(16).padStart(2, '0')}00000000`;
}

function imm(value: number): string {
  const le = [value, value >>> 8, value >>> 16, value >>> 24];
  return le.map((b) => (b & 0xff).toString(16).padStart(2, '0')).join('');
}

/** The insns that a row stands for, reading into r2 through r1 (r11 is the verifier's own). */
function insnsOf(source: CtxSource, size: 1 | 2 | 4 | 8): string {
  const out: string[] = [];
  source.path.forEach((step, i) => {
    if (step === 'shinfo') {
      out.push(
        load('b', i === 0 ? 1 : 2, 4, offsetOf('sk_buff', 'end')),
        load('2', i === 0 ? 1 : 2, 8, offsetOf('sk_buff', 'head')),
        '0fb2000000000000',
      );
      return;
    }
    const last = i === source.path.length - 1;
    const off = step.reduce((sum, member) => sum + memberLayout(member)[0], 0);
    out.push(load('2', i === 0 ? 1 : 2, last ? (source.bytes ?? size) : 8, off));
  });
  if (source.how === 'zero-if-null') {
    const skip = (out.length - 1).toString(16).padStart(2, '0');
    out.splice(1, 0, `1502${skip}0000000000`);
  }
  if (source.guard) {
    const skip = out.length.toString(16).padStart(2, '0');
    out.unshift(load('2', 1, 1, memberLayout(source.guard)[0]), `1502${skip}0000000000`);
  }
  const flags = load('b', 1, 1, offsetOf('sk_buff', '__mono_tc_offset'));
  const part = (op: string, member: 'len' | 'data_len') =>
    `${load('b', 1, 4, offsetOf('sk_buff', member))}${op}b2000000000000`;
  switch (source.how) {
    case 'mask':
      return `${out.join('')}54020000${imm(source.mask!)}`;
    case 'nonzero':
      return `${out.join('')}1502010000000000b402000001000000`;
    case 'zero-below':
      return `${out.join('')}35020100${imm(source.limit!)}b702000000000000`;
    case 'minus-one-at':
      return `${out.join('')}55020100${imm(source.limit!)}b4020000ffffffff`;
    case 'shift-left-16':
      return `${out.join('')}6402000010000000`;
    case 'linear-end':
      return `${out.join('')}${part('0f', 'len')}${part('1f', 'data_len')}`;
    case 'tstamp':
      return `${flags}460b0100040000000500040000000000460b0100030000000500020000000000b7020000000000000500010000000000${out.join('')}`;
    default:
      return out.join('');
  }
}

const fields = Object.entries(recorded.xlated).flatMap(([ctx, insns]) =>
  Object.entries(CONTEXTS[ctx]!.fields).map(([name, field]): [string, string, CtxField, Hex] => [
    ctx,
    name,
    field,
    insns,
  ]),
);

describe('conversions are those of the kernel', () => {
  it.each(fields)('%s.%s', (_ctx, _name, field, insns) => {
    const hex = insns[`r${field.size}+${field.offset}`];
    const source = field.from ?? Object.values(field.fromBy ?? {})[0];
    if (hex === undefined) {
      expect(field.from).toBeUndefined();
      return;
    }
    expect(insnsOf(source!, field.size as 1 | 2 | 4 | 8)).toBe(hex.slice(0, -32));
  });

  it.each(
    fields.flatMap(([ctx, name, field]) =>
      Object.entries(field.fromBy ?? {}).map(([type, source]) => [ctx, name, type, field, source] as const),
    ),
  )('%s.%s in %s programs', (ctx, _name, type, field, source) => {
    const hook = Object.entries(recorded.xlated_by_hook).find(([h]) => h.split('/')[0] === type)?.[1];
    const key = `r${field.size}+${field.offset}`;
    const hex = hook?.[key] ?? recorded.xlated[ctx]![key]!;
    expect(insnsOf(source, field.size as 1 | 2 | 4 | 8)).toBe(hex.slice(0, -32));
  });

  it('writes to queue_mapping only below its limit', () => {
    const to = CONTEXTS.__sk_buff!.fields.queue_mapping!.to!;
    expect(recorded.xlated.__sk_buff!['w4+12']).toContain(
      `35020100${imm(to.limit!)}6b21${imm(offsetOf('sk_buff', 'queue_mapping')).slice(0, 4)}`,
    );
  });
});
