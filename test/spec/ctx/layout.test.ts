import { describe, expect, it } from 'vitest';
import { CONTEXTS, ctxField, ctxFieldAt, ctxStruct } from '../../../src/spec/ctx/index.ts';
import type { StructLayout } from '../../../src/spec/layouts/row.ts';
import { LAYOUTS } from '../../../src/spec/layouts.ts';
import { PROG_TYPES } from '../../../src/spec/progTypes.ts';

describe('uapi structs', () => {
  it.each(Object.entries(CONTEXTS))('%s has its fields inside itself, each aligned', (_name, struct) => {
    for (const field of Object.values(struct.fields)) {
      const end = field.offset + field.size * (field.count ?? 1);
      expect(end).toBeLessThanOrEqual(struct.size);
      if ([1, 2, 4, 8].includes(field.size)) expect(field.offset % Math.min(field.size, 4)).toBe(0);
    }
  });

  it('includes every context that is a struct', () => {
    const names = new Set(Object.values(PROG_TYPES).map((row) => row.ctx as string));
    for (const name of names) {
      if (name !== 'u32' && name !== 'u64' && name !== 'void *') expect(ctxStruct(name), name).toBeDefined();
    }
  });

  it('finds fields by name and by byte', () => {
    expect(ctxField('__sk_buff', 'data')?.offset).toBe(76);
    expect(ctxField('xdp_md', 'data_end')?.offset).toBe(4);
    expect(ctxField('xdp_md', 'toString')).toBeUndefined();
    expect(ctxStruct('constructor')).toBeUndefined();
    expect(ctxFieldAt('__sk_buff', 67)?.name).toBe('cb');
    expect(ctxFieldAt('__sk_buff', 68)?.name).toBe('hash');
    expect(ctxFieldAt('__sk_buff', 183)).toBeUndefined();
    expect(ctxFieldAt('__sk_buff', 192)).toBeUndefined();
    expect(ctxFieldAt('none', 0)).toBeUndefined();
  });
});

describe('kernel structs', () => {
  it.each(Object.entries(LAYOUTS) as [string, StructLayout][])('%s holds its members', (_name, struct) => {
    for (const [offset, size, bit, width] of Object.values(struct.members)) {
      expect(offset + size).toBeLessThanOrEqual(struct.size);
      if (bit !== undefined) {
        expect(bit >> 3).toBe(offset);
        expect(width).toBeGreaterThan(0);
        expect(bit + width!).toBeLessThanOrEqual(8 * struct.size);
      }
    }
  });
});
