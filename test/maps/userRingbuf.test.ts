import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { LoadRequest } from '../../src/spec/request.ts';
import { type DrainCase, drainHere } from './userRingbuf.ts';

/** Recorded by scripts/task/userRingbuf.ts. */
const recorded = JSON.parse(
  readFileSync(new URL('../recorded/maps/userRingbuf.json', import.meta.url), 'utf8'),
) as readonly { readonly test: DrainCase; readonly request: LoadRequest; readonly answers: readonly string[] }[];

it.each(recorded.map((row, i) => [i, row] as const))('user ring buffer %i drains as in the kernel', (_, row) => {
  expect(drainHere(row.test, row.request)).toEqual(row.answers);
});
