/** Sockets as programs meet them, against what a real kernel answered: look-ups and all that follows, and socket options. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { type HookCase, runHook } from './optionRun.ts';
import { essence } from './socketAnswer.ts';

function rows<T>(name: string): T[] {
  const file = readFileSync(new URL(`../recorded/sockets/${name}.jsonl.gz`, import.meta.url));
  return gunzipSync(file)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

interface Recorded {
  readonly request: LoadRequest;
  readonly answer: unknown;
}

describe('look-ups, casts, storage, cookies', () => {
  for (const name of ['listen', 'extended'] as const) {
    it(`in worlds of ${name === 'listen' ? 'bound sockets' : 'sockets with options and connections'}`, () => {
      const recorded = rows<Recorded>(name);
      expect(recorded.length).toBeGreaterThan(50);
      for (const { request, answer } of recorded) {
        expect({ name: request.name, ...essence(answerRequest(request)) }).toEqual({
          name: request.name,
          ...(answer as object),
        });
      }
    });
  }
});

describe('options', () => {
  it('set, got and bound at hooks of sockets', () => {
    const recorded = rows<HookCase & { readonly value: string; readonly attachType: string }>('options');
    expect(recorded.length).toBeGreaterThan(100);
    for (const { value, attachType, ...hook } of recorded) {
      const request = { ...hook.request, expected_attach_type: attachType };
      expect(`${request.name} ${runHook({ ...hook, request })}`).toBe(`${request.name} ${value}`);
    }
  });
});
