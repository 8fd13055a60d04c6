import { expect, test } from 'vitest';
import { renderExplanation } from '../../src/explain/index.ts';
import { examples, explain, records } from './examples.ts';

const RECORDS = records();

test('the talk’s question is answered', () => {
  const e = explain(examples().find((x) => x.row.id === 'BPF-E064')!, RECORDS['BPF-E064']!)!;
  expect(e.message).toBe('helper call is not allowed in probe');
  expect(e.headline).toContain(
    'bpf_sk_storage_get cannot be called from a program that traces the storage code itself',
  );
  expect(e.reason).toContain('recurse into the storage code');
});

test('the block has the sections of Linux 7.3 in their order, in 100 columns', () => {
  for (const example of examples()) {
    const e = explain(example, RECORDS[example.row.id]!)!;
    const source = { program: example.object.programs[0]!, fileText: () => example.row.example };
    const lines = renderExplanation(e, { source });
    const order = ['Verification failed:', 'Reason:', 'At:', 'Causal path:', 'Counter-example:', 'Suggestion:'];
    const found = order.map((title) => lines.findIndex((l) => l.startsWith(title))).filter((i) => i >= 0);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(found.length).toBeGreaterThanOrEqual(3);
    const long = lines.filter(
      (l) => l.length > 100 && !l.includes('^-- error') && !l.includes(e.message) && l.trim().includes(' '),
    );
    expect(
      long.filter((l) => !/var_off|scalar\(|packet of|\(s64|value\(/.test(l)),
      example.row.id,
    ).toEqual([]);
  }
});

test('word for word', async () => {
  for (const id of ['BPF-E001', 'BPF-E021', 'BPF-E064']) {
    const example = examples().find((x) => x.row.id === id)!;
    const source = { program: example.object.programs[0]!, fileText: () => example.row.example };
    const text = `${renderExplanation(explain(example, RECORDS[id]!)!, { source }).join('\n')}\n`;
    await expect(text).toMatchFileSnapshot(`../recorded/explain/${id}.txt`);
  }
});

test('colours change nothing but colours', () => {
  const example = examples()[0]!;
  const e = explain(example, RECORDS[example.row.id]!)!;
  const inks = new Set<string>();
  const paint = (ink: string, text: string) => {
    inks.add(ink);
    return `<${text}>`;
  };
  const painted = renderExplanation(e, { paint });
  expect(painted.join('\n').replace(/[<>]/g, '')).toBe(renderExplanation(e).join('\n').replace(/[<>]/g, ''));
  expect([...inks].sort()).toEqual(['added', 'error', 'marked', 'quiet', 'removed', 'title']);
});
