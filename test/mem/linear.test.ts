import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinearMemory } from '../../src/mem/linear.ts';

describe('linear memory', () => {
  it('copies as memmove does, whatever the alignment and overlap', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), fc.nat(200), (to, from, size) => {
        const memory = new LinearMemory(65536);
        const model = Uint8Array.from({ length: 600 }, (_, i) => i * 7);
        memory.put(0, model);
        memory.copy(to, from, size);
        expect(memory.bytes(0, 600)).toEqual(model.copyWithin(to, from, from + size));
      }),
    );
  });

  it('reads back what it wrote, little-endian, and marks the pages', () => {
    const memory = new LinearMemory(65536);
    memory.takeDirty();
    memory.setU64(4094, 0x11223344, -2);
    expect(memory.bytes(4094, 8)).toEqual(Uint8Array.of(0x44, 0x33, 0x22, 0x11, 0xfe, 0xff, 0xff, 0xff));
    expect(memory.getU16(4094)).toBe(0x3344);
    expect(memory.getU32(4098)).toBe(0xffff_fffe);
    expect(memory.takeDirty()).toEqual([0, 1]);
    memory.setU32(4092, 1);
    memory.setU8(8192, 1);
    expect(memory.takeDirty()).toEqual([0, 2]);
    memory.setU16(4095, 1);
    memory.fill(20000, 0, 0);
    expect(memory.takeDirty()).toEqual([0, 1]);
    expect(memory.equal(4094, 4094, 8)).toBe(true);
    expect(memory.equal(4094, 4095, 8)).toBe(false);
  });

  it('grows up to its limit', () => {
    const memory = new LinearMemory(65536, { limit: 4 * 65536 });
    expect(memory.ensure(3 * 65536)).toBe(true);
    expect(memory.size).toBeGreaterThanOrEqual(3 * 65536);
    expect(memory.ensure(4 * 65536 + 1)).toBe(false);
    expect(memory.ensure(4 * 65536)).toBe(true);
  });
});
