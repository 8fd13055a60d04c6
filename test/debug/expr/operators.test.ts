import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BINARY } from '../../../src/debug/expr/operators.ts';
import type { View } from '../../../src/debug/view.ts';
import { sessionOf } from '../session/make.ts';
import { shown, valueAt } from './make.ts';

const view = (): View => sessionOf('r0 = 0\nexit\n').view();

const M = 2n ** 64n;
const u = (v: bigint) => ((v % M) + M) % M;
const s = (v: bigint) => (u(v) >= M / 2n ? u(v) - M : u(v));
const bool = (v: boolean) => (v ? 1n : 0n);

/** What the operators mean, by arithmetic on whole numbers. */
const REFERENCE: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => u(a + b),
  '-': (a, b) => u(a - b),
  '*': (a, b) => u(a * b),
  '/': (a, b) => (b === 0n ? 0n : a / b),
  '%': (a, b) => (b === 0n ? a : a - (a / b) * b),
  '<<': (a, b) => u(a * 2n ** (b % 64n)),
  '>>': (a, b) => a / 2n ** (b % 64n),
  's>>': (a, b) => {
    const d = 2n ** (b % 64n);
    const v = s(a);
    return u(v < 0n ? -((-v + d - 1n) / d) : v / d);
  },
  '&': (a, b) => bits(a, b, (x, y) => x && y),
  '|': (a, b) => bits(a, b, (x, y) => x || y),
  '^': (a, b) => bits(a, b, (x, y) => x !== y),
  '==': (a, b) => bool(a === b),
  '!=': (a, b) => bool(a !== b),
  '<': (a, b) => bool(a < b),
  '<=': (a, b) => bool(!(a > b)),
  '>': (a, b) => bool(a > b),
  '>=': (a, b) => bool(!(a < b)),
  's<': (a, b) => bool(s(a) < s(b)),
  's<=': (a, b) => bool(!(s(a) > s(b))),
  's>': (a, b) => bool(s(a) > s(b)),
  's>=': (a, b) => bool(!(s(a) < s(b))),
  '&&': (a, b) => bool(a !== 0n && b !== 0n),
  '||': (a, b) => bool(a !== 0n || b !== 0n),
};

function bits(a: bigint, b: bigint, f: (x: boolean, y: boolean) => boolean): bigint {
  let out = 0n;
  for (let i = 0n; i < 64n; i++) if (f((a / 2n ** i) % 2n === 1n, (b / 2n ** i) % 2n === 1n)) out += 2n ** i;
  return out;
}

const word = fc.oneof(
  fc.bigInt({ min: 0n, max: M - 1n }),
  fc.constantFrom(0n, 1n, 2n, 63n, 64n, M - 1n, M / 2n, M / 2n - 1n, 2n ** 32n, 2n ** 32n - 1n),
);

describe('operators', () => {
  test.each(Object.keys(BINARY))('a %s b', (op) => {
    const v = view();
    fc.assert(
      fc.property(word, word, (a, b) => {
        const value = valueAt(v, `${a} ${op} ${b}`);
        expect(value.kind === 'number' && value.value).toBe(REFERENCE[op]!(a, b));
      }),
      { numRuns: 200 },
    );
  });

  test('prefixes, casts, functions, choice', () => {
    const v = view();
    fc.assert(
      fc.property(word, (a) => {
        const of = (text: string) => {
          const value = valueAt(v, text);
          return value.kind === 'number' ? value.value : undefined;
        };
        expect(of(`-${a}`)).toBe(u(-a));
        expect(of(`~${a}`)).toBe(M - 1n - a);
        expect(of(`!${a}`)).toBe(bool(a === 0n));
        expect(of(`(u16)${a}`)).toBe(a % 65536n);
        expect(of(`(s32)${a}`)).toBe(of(`s32(${a})`));
        expect(of(`s32(${a})`)).toBe(u((a % 2n ** 32n) - (a % 2n ** 32n >= 2n ** 31n ? 2n ** 32n : 0n)));
        expect(of(`be16(be16(${a}))`)).toBe(a % 65536n);
        expect(of(`be64(be64(${a}))`)).toBe(a);
        expect(of(`${a} ? 1 : 2`)).toBe(a === 0n ? 2n : 1n);
      }),
      { numRuns: 200 },
    );
    expect(shown(v, 'be16(0x1234) == 0x3412')).toBe('1');
    expect(shown(v, 'be32(0x12345678) == 0x78563412')).toBe('1');
    expect(shown(v, '(be16)0x1234 == 0x3412')).toBe('1');
  });

  test('sides that do not count are not evaluated', () => {
    const v = view();
    expect(shown(v, '0 && nonsense')).toBe('0');
    expect(shown(v, '1 || nonsense')).toBe('1');
    expect(shown(v, '1 ? 2 : nonsense')).toBe('2');
    expect(shown(v, '1 && nonsense')).toBe("6: unknown name 'nonsense'");
  });

  test('bytes are equal or not, and numbers in network order', () => {
    const v = view();
    expect(shown(v, 'hex:0a000001 == 10.0.0.1')).toBe('1');
    expect(shown(v, 'hex:0a000001 != hex:0a000002')).toBe('1');
    expect(shown(v, 'hex:0102 + 1')).toBe('259');
    expect(shown(v, '[::1] == hex:00000000000000000000000000000001')).toBe('1');
    expect(shown(v, '[::1] < [::2]')).toBe('1: a row of 16 bytes is no number');
    expect(shown(v, 'len([::1])')).toBe('16');
    expect(shown(v, 'hex:010203[1:2]')).toBe('515');
  });

  test('what is not there is equal only to itself, and less than nothing', () => {
    const v = view();
    expect(shown(v, 'absent == absent')).toBe('1');
    expect(shown(v, 'absent == 0')).toBe('0');
    expect(shown(v, 'absent != 0')).toBe('1');
    expect(shown(v, 'absent < 5 || absent >= 5')).toBe('0');
    expect(shown(v, 'absent + 1')).toBe('absent');
    expect(shown(v, '-absent')).toBe('absent');
    expect(shown(v, '!absent')).toBe('1');
    expect(shown(v, 'absent.field')).toBe('absent');
  });
});
