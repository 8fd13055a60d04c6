import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../src/kernel/answer.ts';
import type { LoadRequest } from '../../src/spec/request.ts';

/** A request and what the real kernel answered; of the output map the bytes up to the last that is not zero. */
interface Recorded {
  readonly request: LoadRequest;
  readonly errno: number;
  readonly retval: number;
  readonly data_out?: string;
  readonly out: string;
  /** The other maps but the input. */
  readonly maps: Readonly<Record<string, unknown>>;
}

const recorded = readFileSync(new URL('../recorded/helpers/runs.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Recorded);

/** `tc skb_store_bytes 3` belongs to `tc skb_store_bytes`. */
const groupOf = ({ request }: Recorded): string => (request.name ?? '').split(' ').slice(0, 2).join(' ');

function answer(request: LoadRequest): Omit<Recorded, 'request'> {
  const [run] = answerRequest(request).test_run ?? [];
  if (!run) throw new Error(`${request.name} did not run`);
  const { errno, retval, data_out, maps } = run;
  const { in: _input, out, ...others } = maps ?? {};
  const value = out?.[0]?.[1];
  return {
    errno,
    retval: retval ?? 0,
    ...(data_out !== undefined && { data_out }),
    out: typeof value === 'string' ? value.replace(/(00)+$/, '') : '',
    maps: others,
  };
}

describe('helpers answer as the kernel did', () => {
  it('has recorded runs', () => expect(recorded.length).toBeGreaterThan(200));

  for (const group of new Set(recorded.map(groupOf))) {
    it(group, () => {
      for (const row of recorded.filter((r) => groupOf(r) === group)) {
        const { request, ...kernel } = row;
        expect({ name: request.name, ...answer(request) }).toEqual({ name: request.name, ...kernel });
      }
    });
  }
});
