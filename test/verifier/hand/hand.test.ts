import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { verifyRequest } from '../../../src/verifier/answer.ts';
import type { Outcome } from '../outcome.ts';
import { bpfFiles, programsOfFile } from './bpfFiles.ts';
import { expectation, HAND_GROUPS, handOutcome, recordedGroup } from './requests.ts';

type Golden = Readonly<Record<string, Outcome>>;

const recorded = (group: string): Golden =>
  JSON.parse(gunzipSync(readFileSync(recordedGroup(group))).toString()) as Golden;

for (const [group, make] of Object.entries(HAND_GROUPS)) {
  describe(`hand-written programs, ${group}: verdict, errno and log are the kernel’s`, () => {
    const golden = recorded(group);
    const programs = [...make()];
    it('has a record of every program', () => {
      expect(programs.map(([name]) => name).sort()).toEqual(Object.keys(golden).sort());
    });
    it('has a verdict on every program', () => {
      const verdicts = Object.values(golden).map((g) => g.verdict);
      expect(verdicts.length).toBeGreaterThan(500);
      expect(verdicts.filter((v) => v === 'accept').length).toBeGreaterThan(100);
      expect(verdicts.every((v) => v === 'reject' || v === 'accept')).toBe(true);
    });
    const topics = new Set(programs.map(([name]) => name.slice(0, name.indexOf(': '))));
    for (const topic of topics) {
      const own = programs.filter(([name]) => name.startsWith(`${topic}: `));
      it(`${topic} (${own.length})`, () => {
        for (const [name, request] of own) {
          expect({ name, ...handOutcome(verifyRequest(request, 2)) }).toEqual({ name, ...golden[name] });
        }
      });
    }
  });
}

it('most tables hold rejections too', () => {
  const rejecting = Object.keys(HAND_GROUPS).filter(
    (group) => Object.values(recorded(group)).filter((g) => g.verdict === 'reject').length > 100,
  );
  expect(rejecting.length).toBeGreaterThanOrEqual(Object.keys(HAND_GROUPS).length - 1);
});

describe('what the files say of their programs is what the kernel said', () => {
  const golden = recorded('files');
  for (const name of bpfFiles()) {
    it(name, () => {
      for (const { name: program, expect: line } of programsOfFile(name)) {
        expect({ program, line }).toEqual({ program, line: expectation(golden[program]!) });
      }
    });
  }
});
