import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { LoadResult } from '../../src/spec/request.ts';
import { bpflab, inTemp } from './harness.ts';
import { comparable, REQUESTS } from './verifyRequests.ts';

const golden = JSON.parse(readFileSync(new URL('../recorded/cli/requests.json', import.meta.url), 'utf8')) as unknown[];
const lines = (text: string): LoadResult[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LoadResult);
const file = (requests: readonly unknown[]): string => requests.map((r) => `${JSON.stringify(r)}\n`).join('');

describe('bpflab verify --requests', () => {
  test('answers as the kernel does, test runs included', async () => {
    await inTemp({ 'r.jsonl': file(REQUESTS) }, async (at) => {
      const ran = await bpflab(['verify', '--requests', at('r.jsonl'), '--json']);
      expect(ran.status).toBe(0);
      expect(JSON.parse(JSON.stringify(lines(ran.out).map(comparable)))).toEqual(golden);
    });
  });

  test('has a line for every line, whatever it holds', async () => {
    const odd = ['{', '[]', '{"name":"n","insns":7}', '{"name":"x","insns":"zz"}', JSON.stringify(REQUESTS[0]), ''];
    const ran = await bpflab(['verify', '--requests', '-'], { stdin: odd.join('\n') });
    const answers = lines(ran.out);
    expect(answers.map((a) => [a.name, a.verdict, a.stage])).toEqual([
      [undefined, 'setup_error', 'request'],
      [undefined, 'setup_error', 'request'],
      ['n', 'setup_error', 'request'],
      ['x', 'setup_error', 'request'],
      ['pass', 'accept', 'ok'],
    ]);
    expect(answers[3]!.detail).toContain('not hexadecimal');
  });

  test('has no verdict on what is not covered, and no run', async () => {
    const request = { ...REQUESTS[0], unpriv: true };
    const [answer] = lines((await bpflab(['verify', '--requests', '-'], { stdin: file([request]) })).out);
    expect(answer).toMatchObject({ verdict: 'no_result', detail: 'not covered: unprivileged loading' });
    expect(answer).not.toHaveProperty('test_run');
  });

  test('takes its log level from the request, else from --log-level', async () => {
    const stdin = file([
      { ...REQUESTS.at(-1), log_level: undefined },
      { ...REQUESTS.at(-1), log_level: 1 },
    ]);
    const [two, one] = lines((await bpflab(['verify', '--requests', '-', '-l', '2'], { stdin })).out);
    expect(two!.log).toContain('func#0');
    expect(one!.log).toMatch(/^processed/);
  });
});
