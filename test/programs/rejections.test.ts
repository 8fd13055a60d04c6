/** Every program of programs/rejections is refused or taken as it says, by the kernel and by our verifier. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verifyRequest } from '../../src/verifier/answer.ts';
import { errorLine, recorded, recordOf, rejectionRequest, rejections, rejectionTable } from './rejections.ts';
import { DIFFERENT, NOT_COVERED } from './rejectionsLeft.ts';

const all = rejections();
const loadable = all.filter(({ expect }) => expect !== 'unparsable');
/** A walk of 1,000,000 insns is among them. */
const TIMEOUT = 120_000;
const left = new Set([...NOT_COVERED, ...DIFFERENT]);

describe('the programs', () => {
  it('come in pairs', () => {
    const names = all.map(({ name }) => name);
    const mistakes = names.filter((name) => !name.endsWith('.fixed') && !name.startsWith('allowed-'));
    expect(mistakes.length).toBeGreaterThan(60);
    expect(names.filter((name) => name.endsWith('.fixed'))).toEqual(mistakes.map((name) => `${name}.fixed`).sort());
    for (const { name, expect: verdict } of all)
      expect(`${name} ${verdict === 'accept'}`).toBe(`${name} ${/\.fixed$|^allowed-/.test(name)}`);
  });

  it.each(all)('$name says what is wrong or right', ({ mistake }) => expect(mistake).not.toBe(''));

  it.each(all.filter(({ expect }) => expect === 'unparsable'))('$name does not assemble', (rejection) => {
    expect(rejectionRequest(rejection)).toBe(rejection.line);
  });

  it('are the table of the readme', () => {
    const readme = readFileSync(new URL('../../programs/rejections/README.md', import.meta.url), 'utf8');
    expect(readme).toContain(`\n${rejectionTable()}\n`);
  });
});

describe('the kernel', () => {
  it('was asked about each of them', () => {
    const files = readdirSync(new URL('../recorded/rejections/', import.meta.url));
    expect(files.sort()).toEqual(loadable.map(({ name }) => `${name}.log`).sort());
  });

  it.each(loadable)('says of $name what its header says', ({ name, expect: verdict, line }) => {
    const record = recorded(name);
    expect(record.split(/\s/, 1)).toEqual([verdict]);
    if (verdict === 'reject') expect(errorLine(record)).toBe(line);
  });
});

describe('the verifier', () => {
  it.each(loadable.filter(({ name }) => !left.has(name)))(
    'answers $name like the kernel',
    { timeout: TIMEOUT },
    (rejection) => {
      expect(ours(rejection)).toBe(recorded(rejection.name));
    },
  );

  it('has no program on a list that could leave it', { timeout: TIMEOUT }, () => {
    const now = loadable.map((rejection) => [rejection.name, ours(rejection)] as const);
    const missing = now.filter(([, record]) => record.startsWith('no_result')).map(([name]) => name);
    expect(missing).toEqual([...NOT_COVERED]);
    const differing = now.filter(([name, record]) => !record.startsWith('no_result') && record !== recorded(name));
    expect(differing.map(([name]) => name)).toEqual([...DIFFERENT]);
  });
});

const answers = new Map<string, string>();

/** Our record of a program; each is verified once. */
function ours(rejection: (typeof all)[number]): string {
  const known = answers.get(rejection.name);
  if (known !== undefined) return known;
  const request = rejectionRequest(rejection);
  if (typeof request === 'string') throw new Error(request);
  const record = recordOf(verifyRequest(request, 0));
  answers.set(rejection.name, record);
  return record;
}
