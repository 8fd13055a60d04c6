import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyReader } from '../../../src/debug/tui/keys.ts';
import { bytes, named } from './fake.ts';

describe('keys', () => {
  it.each([
    ['a', ['a']],
    ['é漢', ['é', '漢']],
    ['\x1b[A\x1bOB\x1b[1;5C\x1b[1;2D', ['up', 'down', 'C-right', 'S-left']],
    ['\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[5~\x1b[6~', ['home', 'end', 'home', 'end', 'pageup', 'pagedown']],
    ['\x1b[15~\x1b[21~\x1b[23~\x1b[23;2~\x1bOP\x1b[[E', ['f5', 'f10', 'f11', 'S-f11', 'f1', 'f5']],
    ['\x01\x03\x0c\x12\x1a', ['C-a', 'C-c', 'C-l', 'C-r', 'C-z']],
    ['\t\r\n\x7f\b ', ['tab', 'enter', 'enter', 'backspace', 'backspace', 'space']],
    ['\x1b[Z\x1bb\x1b\x7f\x1b\x02', ['S-tab', 'M-b', 'M-backspace', 'C-M-b']],
    ['\x1b[97;5u\x1b[27;6;65~', ['C-a', 'C-S-A']],
    ['\x1b\x1b[A', ['esc', 'up']],
    ['\x1b[99z', ['unknown']],
    ['\x1b[1;1000000000A', ['up']],
  ])('%j', (text, names) => {
    const [first] = named(text);
    expect(first).toBeDefined();
    if (text === '\x1b[1;1000000000A') expect(named(text)).toHaveLength(1);
    else expect(named(text)).toEqual(names);
  });

  it('waits for the rest of a sequence', () => {
    const all = bytes('é\x1b[23;2~\x1bOA漢');
    expect(named(...Array.from(all, (b) => Uint8Array.of(b)))).toEqual(['é', 'S-f11', 'up', '漢']);
  });

  it('takes a lone escape for the key, and begun sequences for what was typed', () => {
    const reader = new KeyReader();
    expect(reader.feed(bytes('\x1b'))).toEqual([]);
    expect(reader.waiting).toBe(true);
    expect(reader.flush()).toEqual([{ name: 'esc' }]);
    expect(reader.waiting).toBe(false);
    expect(reader.feed(bytes('\x1b['))).toEqual([]);
    expect(reader.flush()).toEqual([{ name: 'M-[' }]);
    expect(reader.feed(bytes('\x1b[1'))).toEqual([]);
    expect(reader.flush().map((k) => k.name)).toEqual(['M-[', '1']);
  });

  it('keeps a paste together, in pieces and with escapes in it', () => {
    const reader = new KeyReader();
    expect(reader.feed(bytes('\x1b[200~ab\x1b[A\rq\x1b[20'))).toEqual([]);
    expect(reader.flush()).toEqual([]);
    expect(reader.feed(bytes('1~x'))).toEqual([
      { name: 'paste', text: 'ab\x1b[A\rq' },
      { name: 'x', text: 'x' },
    ]);
  });

  it('ends a paste that has no end, and one that is too long', () => {
    const reader = new KeyReader();
    reader.feed(bytes('\x1b[200~abc'));
    const keys = Array.from({ length: 30 }, () => reader.flush()).flat();
    expect(keys).toEqual([{ name: 'paste', text: 'abc' }]);
    const [key] = reader.feed(bytes(`\x1b[200~${'y'.repeat(200_000)}\x1b[201~`));
    expect(key!.text!.length).toBe(65_536);
  });

  it('makes of any bytes the same keys, however they are cut', () => {
    const some = fc.array(
      fc.oneof(fc.constantFrom(0x1b, 0x5b, 0x4f, 0x3b, 0x31, 0x32, 0x30, 0x7e, 0x41), fc.integer({ min: 0, max: 255 })),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(some, fc.integer({ min: 0, max: 30 }), (list, cut) => {
        const all = Uint8Array.from(list);
        expect(named(all.subarray(0, cut), all.subarray(cut))).toEqual(named(all));
        const reader = new KeyReader();
        for (const key of reader.feed(all)) expect(key.name).not.toBe('');
        for (let i = 0; i < 100 && reader.waiting; i++) reader.flush();
        expect(reader.waiting).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
