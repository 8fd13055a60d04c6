/**
 * The programs of the `.bpf` files beside this one. A file holds many: what stands before the first line `=== NAME` belongs to each of
 * them, the comment after such a line says what is expected of it (`# EXPECT accept`, `# EXPECT reject: the kernel's line`) and with
 * which other fields of the request it is loaded (`# LOAD {"log_level": 1}`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { problemText } from '../../../src/util/problem.ts';

export const HAND_DIR = new URL('./', import.meta.url);

const SEPARATOR = /^=== (.*)$/m;
/** The line is left out when the program is assembled: the log has the numbers of the others. */
const EXPECT = /^# EXPECT (accept|reject(?:: .*)?)\n/m;

export interface HandProgram {
  /** `FILE: NAME`. */
  readonly name: string;
  /** `accept`, or `reject: ` and the line that says why. */
  readonly expect: string;
  readonly request: LoadRequest;
}

/** Text as a load request; `fields` are added to it. */
export function requestOfText(name: string, text: string, fields: Partial<LoadRequest> = {}): LoadRequest {
  const { object, problems } = assemble(text, { file: 'prog.bpf' });
  if (!object) throw new Error(`${name}: ${problems.map(problemText).join('\n')}`);
  const made = toRequest(object, { name, with: fields });
  if (!made.ok) throw new Error(`${name}: ${made.problems.map(problemText).join('\n')}`);
  return { ...made.value, name };
}

function program(file: string, prelude: string, name: string, text: string): HandProgram {
  const full = `${file.replace(/\.bpf$/, '')}: ${name}`;
  const load = /^# LOAD (\{.*\})$/m.exec(text)?.[1] ?? '{}';
  return {
    name: full,
    expect: EXPECT.exec(text)?.[1] ?? '',
    request: requestOfText(full, prelude + text.replace(EXPECT, ''), JSON.parse(load) as Partial<LoadRequest>),
  };
}

/** All of a file. */
export function programsOfFile(file: string): HandProgram[] {
  const [prelude, ...rest] = readFileSync(new URL(file, HAND_DIR), 'utf8').split(SEPARATOR);
  return rest.flatMap((name, i) => (i % 2 === 0 ? [program(file, prelude!, name, rest[i + 1]!)] : []));
}

export function bpfFiles(): string[] {
  return readdirSync(HAND_DIR)
    .filter((f) => f.endsWith('.bpf'))
    .sort();
}
