import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Node } from '../../../src/debug/expr/ast.ts';
import { FUNCTION_NAMES } from '../../../src/debug/expr/functions.ts';
import { parseExpr, printExpr, reads } from '../../../src/debug/expr/index.ts';
import { BINARY, UNARY } from '../../../src/debug/expr/operators.ts';
import { MAX_LENGTH } from '../../../src/debug/expr/parse.ts';
import { explainProblem, problemText } from '../../../src/util/problem.ts';
import { parsed } from './make.ts';

const span = { at: 0, length: 0 };

/** A tree without the places of its nodes. */
function bare(node: unknown): unknown {
  if (node instanceof Uint8Array || typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map(bare);
  return Object.fromEntries(Object.entries(node).flatMap(([k, v]) => (k === 'span' ? [] : [[k, bare(v)]])));
}

const NAMES = ['pkt', 'ipv4', 'ipv4#2', 'ctx', 'ETH_P_IP', 'counts', 's', 'r', 'mem', '.rodata', 'absent', 'struct'];
const SCALARS = ['u8', 'u32', 's16', 's64', 'be16', 'be64'];
const record = (fields: readonly unknown[][]) => ({ kind: 'record', span, fields });

const { tree } = fc.letrec<{ tree: Node; leaf: Node; postfix: Node }>((tie) => ({
  leaf: fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({ kind: 'number', span, value })),
    fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value) => ({ kind: 'number', span, value, form: 'ipv4' })),
    fc.bigInt({ min: 0n, max: 2n ** 48n - 1n }).map((value) => ({ kind: 'number', span, value, form: 'mac' })),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => ({ kind: 'bytes', span, bytes, form: 'ipv6' })),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => ({ kind: 'bytes', span, bytes, form: 'hex' })),
    fc.constantFrom(...NAMES).map((name) => ({ kind: 'name', span, name, quoted: false })),
    fc.constantFrom('lb.rodata', 'tcp').map((name) => ({ kind: 'name', span, name, quoted: true })),
    fc.nat(10).map((reg) => ({ kind: 'register', span, reg, half: false })),
    fc.nat(9).map((reg) => ({ kind: 'register', span, reg, half: true })),
  ) as fc.Arbitrary<Node>,
  postfix: fc.oneof(
    fc
      .record({ base: tie('tree'), name: fc.constantFrom('len', 's', 'src', 'x1'), arrow: fc.boolean() })
      .map((n) => ({ kind: 'member', span, ...n })),
    fc.record({ base: tie('tree'), index: tie('tree') }).map((n) => ({ kind: 'index', span, ...n })),
    fc.record({ base: tie('tree'), index: tie('tree'), size: tie('tree') }).map((n) => ({ kind: 'index', span, ...n })),
    fc.record({ base: tie('tree'), value: tie('tree'), item: tie('tree') }).map(({ base, value, item }) => ({
      kind: 'index',
      span,
      base,
      index: record([
        ['a', value],
        ['s', { kind: 'list', span, items: [item, record([['b', item]])] }],
        ['c', record([])],
      ]),
    })),
    fc.record({ base: tie('tree'), cpu: tie('tree') }).map((n) => ({ kind: 'cpu', span, ...n })),
  ) as unknown as fc.Arbitrary<Node>,
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    tie('postfix'),
    fc
      .record({ op: fc.constantFrom('*', ...Object.keys(UNARY)), arg: tie('tree') })
      .map((n) => ({ kind: 'unary', span, ...n })),
    fc
      .record({ op: fc.constantFrom(...Object.keys(BINARY)), left: tie('tree'), right: tie('tree') })
      .map((n) => ({ kind: 'binary', span, ...n })),
    fc.record({ test: tie('tree'), yes: tie('tree'), no: tie('tree') }).map((n) => ({ kind: 'choice', span, ...n })),
    fc
      .record({ scalar: fc.constantFrom(...SCALARS), stars: fc.nat(2), arg: tie('tree') })
      .map(({ scalar, stars, arg }) => ({ kind: 'cast', span, type: { kind: 'scalar', name: scalar, stars }, arg })),
    fc
      .record({ kind: fc.constantFrom('struct', 'union'), stars: fc.integer({ min: 1, max: 2 }), arg: tie('tree') })
      .map(({ kind, stars, arg }) => ({ kind: 'cast', span, type: { kind, name: 'ct_entry', stars }, arg })),
    fc
      .record({ name: fc.constantFrom(...FUNCTION_NAMES), arg: tie('tree') })
      .map(({ name, arg }) => ({ kind: 'call', span, name, args: [arg] })),
  ) as unknown as fc.Arbitrary<Node>,
}));

/** What is said of a text, with the column. */
function wrong(text: string): string {
  const result = parseExpr(text);
  if (result.ok) return `fine: ${printExpr(result.value.root)}`;
  const [problem] = result.problems;
  return `${problem!.at.pos?.col}: ${problemText(problem!)}`;
}

describe('reading expressions', () => {
  test('a printed tree reads as itself', () => {
    let checked = 0;
    fc.assert(
      fc.property(tree, (node) => {
        const text = printExpr(node);
        fc.pre(text.length <= MAX_LENGTH);
        checked++;
        expect(bare(parsed(text).root)).toEqual(bare(node));
      }),
      { numRuns: 1500 },
    );
    expect(checked).toBeGreaterThan(1000);
  });

  test('precedence is that of C', () => {
    const same = (a: string, b: string) => expect(bare(parsed(a).root)).toEqual(bare(parsed(b).root));
    same('1 + 2 * 3', '1 + (2 * 3)');
    same('1 - 2 - 3', '(1 - 2) - 3');
    same('1 << 2 + 3', '1 << (2 + 3)');
    same('r1 & 3 == 3', 'r1 & (3 == 3)');
    same('a || b && c | d ^ e & f', 'a || (b && (c | (d ^ (e & f))))');
    same('!a == b', '(!a) == b');
    same('-r1 s< 4 && r2 s>>2 >= 1', '((-r1) s< 4) && ((r2 s>> 2) >= 1)');
    same('*(u32 *)r1 + 4', '(*((u32 *)r1)) + 4');
    same('a ? b : c ? d : e', 'a ? b : (c ? d : e)');
    same('*p.x', '*(p.x)');
    same('$r1 == $w2', 'r1 == w2');
    same('fp-8', 'r10 - 8');
  });

  test('numbers and addresses', () => {
    const number = (text: string) => {
      const { root } = parsed(text);
      return root.kind === 'number' ? root.value : undefined;
    };
    expect(['10', '0x1F', '0b101', '017', '0o17', '0', '18446744073709551615'].map(number)).toEqual([
      10n,
      31n,
      5n,
      15n,
      15n,
      0n,
      2n ** 64n - 1n,
    ]);
    expect(number('10.0.0.1')).toBe(0x0a000001n);
    expect(number('02:00:00:00:00:01')).toBe(0x020000000001n);
    expect(parsed('[fd00::1]').root).toMatchObject({ kind: 'bytes', form: 'ipv6' });
    expect(parsed('r1 ? 10:20').root).toMatchObject({ kind: 'choice' });
  });

  test('problems have a column and what is expected', () => {
    expect(wrong('')).toBe('1: an expression is missing');
    expect(wrong('1 +')).toBe('4: a value is expected at the end');
    expect(wrong('(1 + 2')).toBe("7: ')' is expected at the end");
    expect(wrong('r1 r2')).toBe('4: an operator or the end is expected, not r2');
    expect(wrong('pkt[12:2')).toBe("9: ']' is expected at the end");
    expect(wrong('r11 == 0')).toBe('1: there is no register r11');
    expect(wrong('w10')).toBe('1: there is no register w10');
    expect(wrong('1 == 0x')).toBe('6: 0x is no number of 64 bits');
    expect(wrong('18446744073709551616')).toBe('1: 18446744073709551616 is no number of 64 bits');
    expect(wrong('1 == 08')).toBe('6: 08 is no number of 64 bits');
    expect(wrong('10.0.0.256')).toBe('1: 10.0.0.256 is no IPv4 address');
    expect(wrong('[fd00::1::2]')).toBe('1: [fd00::1::2] is no IPv6 address');
    expect(wrong('hex:0a0')).toBe('1: hex:0a0 is no row of hexadecimal bytes');
    expect(wrong('r1 == §')).toBe("7: '§' has no meaning here");
    expect(wrong('lem(r1)')).toBe("1: there is no function 'lem'");
    expect(wrong('M[{a 1}]')).toBe("6: ':' is expected, not 1");
    expect(wrong('a..b')).toBe('3: a name is expected, not .');
    expect(wrong('M[1]@r2')).toBe('6: the number of a CPU is expected, not r2');
    const bad = parseExpr('r1 + foo(2)');
    expect(bad.ok ? '' : explainProblem(bad.problems[0]!)).toBe(
      [
        "expression:1:6: error: there is no function 'foo'",
        '  1 | r1 + foo(2)',
        '    |      ^^^',
        '  help: functions: len, be16, be32, be64, s8, s16, s32',
      ].join('\n'),
    );
  });

  test('length and depth are bounded', () => {
    expect(wrong('1'.padEnd(MAX_LENGTH + 1))).toBe('1: the expression has 4097 characters; 4096 is the limit');
    const deep = (open: string, close: string) => wrong(`${open.repeat(500)}1${close.repeat(500)}`);
    for (const [open, close] of [
      ['(', ')'],
      ['-', ''],
      ['*', ''],
      ['(u8)', ''],
      ['1?1:', ''],
      ['s32(', ')'],
      ['M[', ']'],
      ['M[{a:', '}]'],
      ['M[1]@(', ')'],
    ]) {
      expect(deep(open!, close!)).toMatch(/nested more than 64 levels deep/);
    }
    for (const more of ['+1', '.a', '[1]', '@1'])
      expect(wrong(`a${more.repeat(600)}`)).toMatch(/more than 500 operators/);
    expect(wrong(`1${'+1'.repeat(400)}`)).toMatch(/^fine/);
  });

  test('any text is read or refused', () => {
    const words = [
      'r1',
      'pkt',
      '[',
      ']',
      '(',
      ')',
      '{',
      '}',
      ':',
      '.',
      '->',
      's<',
      's',
      '@',
      '"',
      '0x',
      '1',
      '10.0.0.1',
      '*',
      '-',
      'u32',
      'struct',
      ' ',
      '&',
      '?',
      'hex:',
      '#',
      '$',
    ];
    const text = fc.oneof(
      fc.string({ maxLength: 80 }),
      fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((list) => list.join('')),
    );
    let read = 0;
    fc.assert(
      fc.property(text, (input) => {
        const result = parseExpr(input);
        if (!result.ok) {
          const at = result.problems[0]!.at.pos!;
          expect(at.col).toBeGreaterThanOrEqual(1);
          expect(at.col).toBeLessThanOrEqual(input.length + 1);
          return;
        }
        read++;
        reads(result.value);
        expect(bare(parsed(printExpr(result.value.root)).root)).toEqual(bare(result.value.root));
      }),
      { numRuns: 4000 },
    );
    expect(read).toBeGreaterThan(10);
  });
});

describe('what an expression depends on', () => {
  const of = (text: string) => {
    const { registers, memory, always, packet, ctx, maps } = reads(parsed(text));
    const flags = Object.entries({ memory, always, packet, ctx }).flatMap(([name, on]) => (on ? [name] : []));
    return [...registers.map((r) => `r${r}`), ...flags, ...maps].join(' ');
  };
  test('registers, memory, moments', () => {
    expect(of('r1 + w2 == ETH_P_IP')).toBe('r1 r2');
    expect(of('*(u32 *)(fp-8)')).toBe('r10 memory');
    expect(of('fp-8')).toBe('r10');
    expect(of('pkt[12:2] == 0x800 && ipv4.src == 10.0.0.1')).toBe('memory packet');
    expect(of('pkt.len')).toBe('memory packet');
    expect(of('tcp')).toBe('memory packet');
    expect(of('ctx.mark')).toBe('memory ctx');
    expect(of('ctx')).toBe('ctx');
    expect(of('counts[r2].x')).toBe('r2 memory counts');
    expect(of('len(counts)')).toBe('memory counts');
    expect(of('r0->lifetime')).toBe('r0 memory');
    expect(of('pc == 4 || tick > 3')).toBe('always');
    expect(of('cpu')).toBe('');
    expect(of('mem[r1:8]')).toBe('r1 memory');
    expect(of('m[{a: r3, b: [r4]}]@(r5) ? s8(r6) : -r7')).toBe('r3 r4 r5 r6 r7 memory m');
  });
});
