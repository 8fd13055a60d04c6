import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { need } from '../session/make.ts';
import { demoSession, shown } from './make.ts';

const PAGE = readFileSync('docs/debug-expressions.md', 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```\n(.*?)^```$/gms)].map((m) => m[1]!);
const EXAMPLES = BLOCKS.flatMap((block) => block.trimEnd().split('\n')).map((line) => {
  const [, text, value] = /^(.*?)\s+# (.*)$/.exec(line) ?? [];
  return [text ?? line, value ?? '?'] as const;
});

describe('docs/debug-expressions.md', () => {
  const s = demoSession();
  need(s.breakpoints.add({ place: need(s.place('call bpf_map_update_elem')) }));
  s.go({ kind: 'continue' });
  const view = s.view();

  test('has examples', () => expect(EXAMPLES.length).toBeGreaterThan(50));
  test.each(EXAMPLES)('%s', (text, value) => expect(shown(view, text)).toBe(value));
});
