import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { explainProblem } from '../../src/util/problem.ts';

/** The `.bpf` texts of the format's page, `...` (the reader's own insns) taken as insns. */
const TEXTS = [
  ...readFileSync(new URL('../../docs/bpf-format.md', import.meta.url), 'utf8').matchAll(/^```\n(.*?)^```/gms),
].map(([, text]) => text!.replace(/^ *\.\.\.$/gm, 'r0 = 0'));

test('the page has examples', () => expect(TEXTS.length).toBeGreaterThan(1));

test.each(TEXTS)('an example of the page assembles: %#', (text) => {
  const { object, problems } = assemble(text, { file: 'page.bpf' });
  expect(problems.map(explainProblem)).toEqual([]);
  expect(object?.programs.map((p) => p.name)).toHaveLength(1);
});

test.each([
  ['fentrry/tcp_connect', 'fentry/tcp_connect'],
  ['tcx/ingres', 'tcx/ingress'],
  ['xpd', 'xdp'],
])('a section called %s', (name, meant) => {
  const { problems } = assemble(`.section "${name}"\nexit\n`, { file: 'a.bpf' });
  expect(problems.map(explainProblem).join()).toContain(`did you mean '${meant}'?`);
});

test('a place far to the right is shown with what stands around it', () => {
  const text = `r1 = 1; ${'r2 = 2; '.repeat(500)}r3 = foo; ${'r2 = 2; '.repeat(500)}exit`;
  const { problems } = assemble(text, { file: 'a.bpf' });
  const [first, line, caret] = explainProblem(problems[0]!).split('\n');
  expect(first).toBe("a.bpf:1:4014: error: unknown name 'foo'");
  expect(line).toMatch(/^ {2}1 \| ….{160}…$/);
  expect(line!.slice(caret!.indexOf('^'), caret!.lastIndexOf('^') + 1)).toBe('foo');
});
