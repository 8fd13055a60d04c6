import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { explainProblem, problemText } from '../../src/util/problem.ts';

const run = (text: string) => assemble(text, { file: 'a.bpf' });

/** `code line:col length` of each problem. */
function found(text: string): string[] {
  return run(text).problems.map((p) => `${p.code.slice(4)} ${p.at.pos?.line}:${p.at.pos?.col} ${p.at.pos?.length}`);
}

describe('problems', () => {
  it('show file, line, column, the source line, a caret and a suggestion', () => {
    const [problem] = run('r1 = 0\n  if r1 == 0 goto drp\ndrop: exit').problems;
    expect(explainProblem(problem!)).toBe(
      [
        "a.bpf:2:19: error: no label 'drp' in this function",
        '  2 |   if r1 == 0 goto drp',
        '    |                   ^^^',
        "  help: did you mean 'drop'?",
      ].join('\n'),
    );
  });

  it.each([
    ['a mnemonic', 'stxdww [%r1], %r2', "did you mean 'stxdw'?"],
    ['a directive', '.globll x', "did you mean '.globl'?"],
    ['a constant', 'r0 = XDP_PAS\nexit', "did you mean 'XDP_PASS'?"],
    ['a context field', 'r0 = *(u32 *)(r1 + __sk_buff.dat)\nexit', "did you mean '__sk_buff.data'?"],
    ['a field', '.struct key { u32 addr }\nr0 = key.adr\nexit', "did you mean 'key.addr'?"],
    ['a map', '.map counts, type=array, value=4, max_entries=1\nr1 = count ll\nexit', "did you mean 'counts'?"],
    ['a helper', 'call bpf_map_lookup_elm\nexit', "did you mean 'bpf_map_lookup_elem'?"],
    ['a function', 'call wrk\nexit\nwork: exit\n.globl work', "did you mean 'work'?"],
    ['a map type', '.map m, type=hassh, key=4, value=4, max_entries=1', "did you mean 'hash'?"],
    ['a map setting', '.map m, type=hash, key=4, valu=4, max_entries=1', "did you mean 'value'?"],
    ['a section', '.section "xdpp"\nexit', "did you mean 'xdp'?"],
    ['a type', '.struct a { u33 x }', "did you mean 'u32'?"],
  ])('suggest %s', (_, text, help) => {
    expect(run(text).problems.map(explainProblem).join('\n')).toContain(help);
  });

  it.each([
    ['r11 = 0', 'no-such-register 1:1 3'],
    ['r1 = r12', 'no-such-register 1:6 3'],
    ['r1 = be16 r2', 'same-register 1:1 12'],
    ['r1 = 0x100000000', 'imm-range 1:6 11'],
    ['r1 = *(u8 *)(r2 + 32768)', 'off-range 1:17 1'],
    ['r1 = *(u8 *)(r2 + )', 'bad-insn 1:19 1'],
    ['r1 = ', 'unfinished-insn 1:5 1'],
    ['if r1 goto x', 'bad-insn 1:7 4'],
    ['r1 = 1 / 0', 'division-by-zero 1:10 1'],
    ['A = B\nB = A\nr1 = A\nexit', 'cycle 2:5 1'],
    ['x = 1\nx = 2\nexit', 'duplicate-symbol 2:1 1'],
    ['a: exit\nb: exit\nb: exit', 'duplicate-label 3:1 1'],
    ['.byte 1', 'ragged-code 1:7 1'],
    ['.section .data\nr1 = 0', 'insn-in-data 2:1 2'],
    ['.section .data\n.zero 1 << 40', 'too-much-data 2:7 1'],
    ['.ifdef X\nexit', 'unclosed-block 1:1 6'],
    ['.include "x.bpf"', 'no-include 1:10 7'],
    ['/* exit', 'open-comment 1:1 2'],
    ['.ascii "x', 'open-string 1:8 1'],
    ['.map m, type=hash, key=4, value=4', 'missing-key 1:6 1'],
    ['0: (b7) r1 = 5\n2: (95) exit', 'listing-gap 2:9 4'],
    ['0: (bf) r1 = 5', 'opcode-differs 1:9 6'],
    ['\x7fELF\x02', 'elf 1:1 undefined'],
    ['4\n40 0 0 12\n21 0 1 2048\n6 0 0 65535\n6 0 0 0', 'classic-listing 1:1 undefined'],
    ['ldh [12]\njeq #0x800, L1, L2\nL1: ret #-1\nL2: ret #0', 'classic-listing 1:1 undefined'],
    ['(000) ldh [12]\n(001) jeq #0x800 jt 2 jf 3\n(002) ret #1', 'classic-listing 1:1 undefined'],
  ])('%j', (text, problem) => {
    expect(found(text)[0]).toBe(problem);
  });

  it('come several at once, up to a limit', () => {
    expect(found('foo\nr1 = 0\nbar\nexit\nr99 = 1')).toHaveLength(3);
    const many = run('foo\n'.repeat(1000)).problems;
    expect(many).toHaveLength(51);
    expect(problemText(many.at(-1)!)).toBe('more than 50 problems: the rest is left out');
  });
});

const PIECES = [
  'r1',
  'w2',
  '%r3',
  '=',
  '+=',
  '*(u32 *)(',
  'r10 - 8',
  ')',
  'if',
  'goto',
  'L1',
  ':',
  '\n',
  ';',
  '#x',
  '//',
  '/*',
]
  .concat([
    '*/',
    '.struct',
    '.map',
    '.func',
    '.section',
    '"xdp"',
    '{',
    '}',
    '(',
    '[',
    ']',
    ',',
    '->',
    'int',
    'call',
    'lock',
  ])
  .concat([
    '1',
    '0x10',
    '<<',
    '%',
    '?',
    '.if',
    '.endif',
    '.else',
    '.macro',
    '.endm',
    'll',
    'type=hash',
    'key',
    '.byte',
    '.equ',
  ])
  .concat(['12: (bf)', 'exit', 'ldxdw', 'sizeof', "'a'", '"', '\\', '.include', '.text', '.data', '.zero', '_']);

describe('hostile text', () => {
  it.each([
    ['parentheses', `r1 = ${'('.repeat(3000)}1`],
    ['minus signs', `r1 = ${'-'.repeat(3900)}1`],
    ['long sums', `A = 1${'+1'.repeat(1900)}\nr1 = A\nexit`],
    [
      'chains of names',
      `${Array.from({ length: 5000 }, (_, i) => `a${i} = a${i + 1}${'+1'.repeat(50)}`).join('\n')}\nr1 = a0`,
    ],
    ['macros that call themselves', '.macro m\nm\nm\n.endm\nm'],
    ['structs without end', '.struct a {\n'.repeat(3000)],
    ['blocks in blocks', `.struct a { ${'struct { '.repeat(2000)}`],
    ['large types', '.struct a { u8 x[1 << 29]; u8 y[1 << 29] }\n.struct b { struct a z[1 << 20] }'],
    ['long lines', 'x'.repeat(100_000)],
    ['many labels', `${Array.from({ length: 20_000 }, (_, i) => `1: goto 1f\nL${i}: r0 = 0`).join('\n')}\n1: exit`],
    ['many jumps to nowhere', `${'goto nowhere\n'.repeat(20_000)}`],
    ['many functions', Array.from({ length: 5000 }, (_, i) => `f${i}: call f${i + 1}\nexit`).join('\n')],
  ])('%s', (_, text) => {
    const { problems, object } = run(text);
    expect(object !== undefined).toBe(problems.length === 0);
  });

  it('gives an object or problems, whatever it is made of', () => {
    const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((p) => p.join(' '));
    fc.assert(
      fc.property(fc.oneof(text, fc.string(), fc.string({ unit: 'binary' })), (t) => {
        const { problems, object } = run(t);
        expect(object !== undefined).toBe(problems.length === 0);
        for (const p of problems) expect(explainProblem(p)).not.toBe('');
      }),
      { numRuns: 5000 },
    );
  });
});
