import { describe, expect, test } from 'vitest';
import { ERROR_ROWS, matchRow } from '../../src/explain/catalogue/index.ts';
import { fillWords, messagePattern } from '../../src/explain/catalogue/row.ts';
import { failingPath } from '../../src/explain/log/path.ts';
import { VERIFIER_MESSAGES } from '../../src/verifier/messages.ts';
import { examples, explain, records } from './examples.ts';

const RECORDS = records();
const EMPTY = { messages: [], path: failingPath([]), reg: () => undefined, harmless: 0 };

describe('the catalogue', () => {
  test('has an id for each row, and a row for each record', () => {
    const ids = ERROR_ROWS.map((row) => row.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(80);
    for (const id of ids) expect(id).toMatch(/^BPF-E0\d\d$/);
    expect(Object.keys(RECORDS).sort()).toEqual(
      examples()
        .map((e) => e.row.id)
        .sort(),
    );
  });

  test('placeholders of messages become groups', () => {
    const m = messagePattern("R{r} invalid mem access '{type}'").exec("R3 invalid mem access 'map_value_or_null'");
    expect(m?.groups).toEqual({ r: '3', type: 'map_value_or_null' });
    expect(messagePattern('invalid shift {n}').test('invalid shift 64')).toBe(true);
    expect(fillWords('{a} and {b}', { a: '1' })).toBe('1 and {b}');
  });

  test('knows nearly all that our verifier says', () => {
    const values: Readonly<Record<string, string>> = {
      type: 'scalar',
      what: 'stack ',
      where: 'At program exit',
      tnum: '(0x0; 0xff)',
      op: '+=',
      name: 'bpf_x',
      func: 'bpf_x',
      expected: 'fp',
      value: 'smin=0',
    };
    const unknown = Object.values(VERIFIER_MESSAGES).filter(({ text }) => {
      const line = text.split('\n')[0]!.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '1');
      return matchRow([line], EMPTY) === undefined;
    });
    expect(unknown.length / Object.keys(VERIFIER_MESSAGES).length, unknown.map((u) => u.text).join('\n')).toBeLessThan(
      0.1,
    );
  });
});

describe('the kernel’s words about each example', () => {
  for (const example of examples()) {
    const { row } = example;
    test(`${row.id} ${row.name}`, () => {
      const recorded = RECORDS[row.id]!;
      expect(recorded.verdict).toBe('reject');
      const e = explain(example, recorded)!;
      expect(e.id).toBe(row.id);
      expect(recorded.log).toContain(e.message);
      for (const text of [e.headline, e.reason, e.suggestion, e.proof?.needs, e.proof?.proven]) {
        expect(text ?? 'none').not.toMatch(/\{\w+\}|undefined|NaN/);
      }
      // What is proposed as a repair was accepted by the kernel.
      if (e.fix?.repaired !== undefined) expect(recorded.repaired).toBe('accept');
    });
  }

  test('many come with a repair', () => {
    expect(Object.values(RECORDS).filter((r) => r.repaired === 'accept').length).toBeGreaterThanOrEqual(15);
  });
});
