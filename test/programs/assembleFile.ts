/** Programs of programs/ as load requests. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { problemText } from '../../src/util/problem.ts';

const ROOT = resolve(import.meta.dirname, '../../programs');

function readFile(path: string, from: string): string | undefined {
  try {
    return readFileSync(resolve(ROOT, dirname(from), path), 'utf8');
  } catch {
    return undefined;
  }
}

/** The request for all programs of a file, named relative to programs/: `lb/tc.bpf`. Throws if it does not assemble. */
export function requestOf(file: string, defines: Readonly<Record<string, bigint>> = {}): LoadRequest {
  return requestOfText(readFileSync(resolve(ROOT, file), 'utf8'), file, defines);
}

/** The same for a text that stands where the file would. */
export function requestOfText(
  text: string,
  file: string,
  defines: Readonly<Record<string, bigint>> = {},
  options: { readonly name?: string } = { name: file },
): LoadRequest {
  const { object, problems } = assemble(text, { file, defines, readFile });
  if (!object) throw new Error(problems.map(problemText).join('\n'));
  const request = toRequest(object, options);
  if (!request.ok) throw new Error(request.problems.map(problemText).join('\n'));
  return request.value;
}
