/** The catalogue's smallest rejected programs, assembled; scripts record what the kernel says of them and make pages. */
import { readFileSync } from 'node:fs';
import { assemble } from '../../src/asm/assemble.ts';
import type { AsmObject } from '../../src/asm/object.ts';
import { toRequest } from '../../src/asm/request.ts';
import { ERROR_ROWS } from '../../src/explain/catalogue/index.ts';
import type { ErrorRow } from '../../src/explain/catalogue/row.ts';
import type { Explanation } from '../../src/explain/index.ts';
import { explainRejection } from '../../src/explain/index.ts';
import type { LoadRequest } from '../../src/spec/request.ts';

export interface Example {
  readonly row: ErrorRow;
  readonly object: AsmObject;
  readonly request: LoadRequest;
}

/** Assembles a program text to a request without BTF of lines, so that logs stay short. */
export function load(text: string, name: string): { object: AsmObject; request: LoadRequest } {
  const { object, problems } = assemble(`${text}\n`, { file: `${name}.bpf` });
  const request = object && toRequest(object, { name });
  if (!request?.ok) throw new Error(`${name}: ${JSON.stringify(problems)}`);
  return { object: object!, request: request.value };
}

/** Every row that has a program. */
export function examples(): Example[] {
  return ERROR_ROWS.filter((row) => row.example !== '').map((row) => {
    const { object, request } = load(row.example, row.id);
    return { row, object, request: row.unpriv ? { ...request, unpriv: true } : request };
  });
}

/** What the kernel said of an example. */
export interface Recorded {
  readonly verdict: string;
  readonly errno: number;
  readonly errname?: string;
  readonly log: readonly string[];
  /** Its verdict on the program after the repair that is proposed. */
  readonly repaired?: string;
}

/** An example explained from its recorded log. */
export function explain({ row, object, request }: Example, recorded: Recorded): Explanation | undefined {
  const source = { program: object.programs[0]!, fileText: () => row.example };
  return explainRejection({ log: recorded.log.join('\n'), source, request });
}

const FILE = new URL('../recorded/explain/examples.json', import.meta.url);

/** All records by id. */
export function records(): Readonly<Record<string, Recorded>> {
  return JSON.parse(readFileSync(FILE, 'utf8'));
}
