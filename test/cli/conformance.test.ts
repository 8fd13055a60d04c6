import { describe, expect, test } from 'vitest';
import { bpflab } from './harness.ts';

async function hexOf(text: string): Promise<string> {
  const { out, err } = await bpflab(['asm', '-'], { stdin: text });
  expect(err).toBe('');
  return out;
}

describe('the plugin protocol', () => {
  test.each([
    ['mov %r0, 42\nexit\n', '', '2a'],
    ['lddw %r0, 0xfedcba9876543210\nexit\n', '', 'fedcba9876543210'],
    ['ldxdw %r0, [%r1+8]\nexit\n', 'ff ff ff ff ff ff ff ff 11 22 33 44 55 66 77 88', '8877665544332211'],
    ['mov %r0, %r2\nexit\n', '01 02 03', '3'],
    ['mov %r0, %r1\nexit\n', '', '0'],
    ['mov %r1, -1\nmov %r2, 5\ncall %r2\nmov %r0, 2\nexit\n', '', '2'],
    ['mov %r1, 3\ncall local double\nexit\ndouble:\nmov %r0, %r1\nadd %r0, %r1\nexit\n', '', '6'],
  ])('%j over [%s] gives %s', async (text, memory, r0) => {
    const stdin = await hexOf(text);
    const ran = await bpflab(['conformance', ...(memory === '' ? [] : [memory])], { stdin });
    expect(ran).toMatchObject({ status: 0, out: `${r0}\n`, err: '' });
    const option = await bpflab([
      'conformance',
      ...(memory === '' ? [] : [memory]),
      '--program',
      stdin.trim(),
      '--json',
    ]);
    expect(JSON.parse(option.out)).toEqual({ ok: true, r0: `0x${r0}` });
  });

  test.each([
    ['07 10 00 00 01 00 00 00 95 00 00 00 00 00 00 00', /insn 0: error: bad encoding: reserved-src/],
    ['95 00 00 00 01 00 00 00', /insn 0: error: bad encoding: unknown-variant/],
    ['07 01 01 00 01 00 00 00 95 00 00 00 00 00 00 00', /bad encoding: /],
    ['ff 00 00 00 00 00 00 00 95 00 00 00 00 00 00 00', /bad encoding: unknown-opcode/],
    ['18 00 00 00 00 00 00 00', /bad encoding: missing-second-slot/],
  ])('%s is refused for its encoding', async (stdin, says) => {
    const ran = await bpflab(['conformance'], { stdin });
    expect(ran.status).toBe(1);
    expect(ran.out).toBe('');
    expect(ran.err).toMatch(says);
  });

  test('accesses outside of the memory fault', async () => {
    const ran = await bpflab(['conformance', '01 02', '--program', (await hexOf('ldxw %r0, [%r1]\nexit\n')).trim()]);
    expect(ran.status).toBe(1);
    expect(ran.err).toMatch(/4-byte read at memory/);
  });

  test('the runner may put the memory first', async () => {
    const stdin = await hexOf('ldxb %r0, [%r1]\nexit\n');
    expect((await bpflab(['ab  cd  ', 'conformance', '--debug'], { stdin })).out).toBe('ab\n');
  });

  test('--debug shows the memory afterwards', async () => {
    const stdin = await hexOf('stb [%r1+1], 7\nmov %r0, 0\nexit\n');
    expect((await bpflab(['conformance', '01 02 03', '--debug'], { stdin })).err).toBe('memory: 01 07 03\n');
  });
});
