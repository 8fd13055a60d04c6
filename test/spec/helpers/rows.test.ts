import { describe, expect, expectTypeOf, it } from 'vitest';
import { HELPERS, helperName, helperRow } from '../../../src/spec/helpers/index.ts';
import { argKind, retKind } from '../../../src/spec/helpers/kinds.ts';
import {
  argWidths,
  type HelperParams,
  type HelperResult,
  type HelperRowOf,
  resultWidth,
} from '../../../src/spec/helpers/params.ts';
import type { HelperRow } from '../../../src/spec/helpers/row.ts';

const rows = Object.entries(HELPERS) as [string, HelperRow][];

describe('helper rows', () => {
  it('number the 211 helpers of 6.12 from 1 without a gap', () => {
    expect(rows.map(([, row]) => row.id).sort((a, b) => a - b)).toEqual(Array.from({ length: 211 }, (_, i) => i + 1));
  });

  it.each(rows)('%s has as many names and C types as arguments', (_name, row) => {
    expect(row.params).toHaveLength(row.args.length);
    expect(row.ctypes).toHaveLength(row.args.length);
    expect(new Set(row.params).size).toBe(row.params.length);
    expect(row.since).toMatch(/^[3-6]\.\d+$/);
  });

  it.each(rows)('%s: sizes follow memory, struct names stand at BTF pointers', (_name, row) => {
    const kinds = row.args.map((a) => argKind(a));
    kinds.forEach((kind, i) => {
      if (kind.base.startsWith('ARG_CONST_SIZE')) expect(kinds[i - 1]?.base).toBe('ARG_PTR_TO_MEM');
      const number = (i + 1) as 1 | 2 | 3 | 4 | 5;
      if (kind.base === 'ARG_PTR_TO_BTF_ID' && row.id !== helperRow('bpf_kptr_xchg')?.id) {
        expect(row.argBtf?.[number]).toBeDefined();
      }
      expect(kind.flags.has('MEM_FIXED_SIZE')).toBe(row.argSize?.[number] !== undefined);
      expect(row.ctypes[i]!.endsWith('*')).toBe(kind.base.includes('PTR') || isAddress(kind.base, row.params[i]!));
    });
    expect(retKind(row.ret).base === 'RET_INTEGER' || row.ret === 'RET_VOID').toBe(!row.rtype.endsWith('*'));
  });

  it('finds rows by number and by name', () => {
    expect(helperName(1)).toBe('bpf_map_lookup_elem');
    expect(helperName(212)).toBeUndefined();
    expect(helperRow('bpf_redirect')?.id).toBe(23);
    expect(helperRow('toString')).toBeUndefined();
    expect(helperRow(0)).toBeUndefined();
  });
});

function isAddress(base: string, param: string): boolean {
  return base === 'ARG_ANYTHING' && ['unsafe_ptr', 'user_ptr', 'dst'].includes(param);
}

describe('kinds', () => {
  it('resolves combined names', () => {
    expect(argKind('ARG_PTR_TO_UNINIT_MEM')).toEqual({
      base: 'ARG_PTR_TO_MEM',
      flags: new Set(['MEM_UNINIT', 'MEM_WRITE']),
    });
    expect(argKind('ARG_PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED').flags.size).toBe(4);
    expect(retKind('RET_PTR_TO_MEM_OR_BTF_ID|PTR_MAYBE_NULL|MEM_RDONLY')).toEqual({
      base: 'RET_PTR_TO_MEM_OR_BTF_ID',
      flags: new Set(['PTR_MAYBE_NULL', 'MEM_RDONLY']),
    });
  });
});

describe('parameters of an implementation', () => {
  it('are derived from the row by the compiler', () => {
    expectTypeOf<HelperRowOf<'bpf_redirect'>['ctypes']>().toEqualTypeOf<readonly ['u32', 'u64']>();
    expectTypeOf<HelperParams<'bpf_map_lookup_elem'>>().toEqualTypeOf<[number, number]>();
    expectTypeOf<HelperParams<'bpf_map_update_elem'>>().toEqualTypeOf<[number, number, number, number, number]>();
    expectTypeOf<HelperParams<'bpf_redirect'>>().toEqualTypeOf<[number, number, number]>();
    expectTypeOf<HelperParams<'bpf_probe_read_kernel'>>().toEqualTypeOf<[number, number, number, number]>();
    expectTypeOf<HelperParams<'bpf_ktime_get_ns'>>().toEqualTypeOf<[]>();
    expectTypeOf<HelperResult<'bpf_ktime_get_ns'>>().toEqualTypeOf<void>();
    expectTypeOf<HelperResult<'bpf_tail_call'>>().toEqualTypeOf<void>();
    expectTypeOf<HelperResult<'bpf_map_lookup_elem'>>().toEqualTypeOf<number>();
    expectTypeOf<HelperResult<'bpf_get_prandom_u32'>>().toEqualTypeOf<number>();
  });

  it('have the same widths at run time', () => {
    expect(argWidths(HELPERS.bpf_map_update_elem)).toEqual(['unsigned', 'unsigned', 'unsigned', 'pair']);
    expect(argWidths(HELPERS.bpf_skb_adjust_room)).toEqual(['unsigned', 'signed', 'unsigned', 'pair']);
    expect(argWidths(HELPERS.bpf_ringbuf_output)).toEqual(['unsigned', 'unsigned', 'unsigned', 'pair']);
    expect(resultWidth(HELPERS.bpf_ktime_get_ns)).toBe('pair');
    expect(resultWidth(HELPERS.bpf_map_delete_elem)).toBe('signed');
    expect(resultWidth(HELPERS.bpf_get_prandom_u32)).toBe('unsigned');
    expect(resultWidth(HELPERS.bpf_map_lookup_elem)).toBe('unsigned');
    expect(resultWidth(HELPERS.bpf_ringbuf_submit)).toBe('none');
  });
});
