/** The socket-aware programs: what a kernel did with them packet by packet, what they are meant to do, and fields of sockets. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../src/kernel/answer.ts';
import { packetLine } from '../../src/net/print.ts';
import { verifyRequest } from '../../src/verifier/answer.ts';
import type { Golden, Outcome } from './sequences.ts';
import { casesOf, ourRequest, programRequest, SOCKET_SEQUENCES, socketOutcomes } from './sockets/runs.ts';

const REASONS = new Map(
  [
    ...readFileSync(new URL('../../programs/sockets/types.bpf', import.meta.url), 'utf8').matchAll(
      /^\.equ REASON_(\w+), +(\d+)/gm,
    ),
  ].map(([, name, index]) => [Number(index), name!] as const),
);
const VERDICTS: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  tc: {
    pass: [0],
    drop: [2],
  },
  xdp: {
    pass: [2],
    drop: [1],
    sent: [3, 4],
  },
};
const FATE = {
  tc: {
    pass: ['NOT_IP', 'OTHER_PROTO', 'CONNECTED', 'REQUEST', 'TIME_WAIT', 'ALLOWED'],
    drop: ['NO_SOCKET', 'INVALID', 'FRAGMENT', 'DENIED', 'NO_SYN'],
  },
  xdp: {
    pass: ['NOT_IP', 'OTHER_PROTO', 'INVALID', 'FRAGMENT', 'LOCAL', 'TIME_WAIT', 'TTL', 'NO_ROUTE'],
    drop: ['UNROUTABLE', 'NO_BACKEND'],
    sent: ['SENT'],
  },
} as const;

function goldenOf(name: string): Golden {
  const file = new URL(`../recorded/programs/${name}.json.gz`, import.meta.url);
  return JSON.parse(gunzipSync(readFileSync(file)).toString()) as Golden;
}

/** The reason that was counted. */
const reasonOf = ({ maps }: Outcome): string =>
  Object.keys((typeof maps === 'object' ? maps.counters : undefined) ?? {})
    .map((key) => REASONS.get(Number.parseInt(key.slice(0, 2), 16)))
    .join();

describe.each(SOCKET_SEQUENCES)('$name', (sequence) => {
  const answer = answerRequest(ourRequest(sequence));
  const outcomes = answer.verdict === 'accept' ? socketOutcomes(sequence, answer.test_run ?? []) : [];
  const cases = casesOf(sequence);

  it('is accepted', () => {
    expect(answer.verdict, answer.detail).toBe('accept');
    expect(verifyRequest(programRequest(sequence), 0).verdict).toBe('accept');
  });

  it('gives what the kernel gave', () => {
    const golden = goldenOf(sequence.name).outcomes;
    expect(golden.length).toBe(cases.length);
    for (const [i, { note, bytes }] of cases.entries())
      expect(outcomes[i], `${note}: ${packetLine(bytes)}`).toEqual(golden[i]);
  });
});

describe.each(SOCKET_SEQUENCES.slice(0, 2))('$name: every packet', (sequence) => {
  const answer = answerRequest(ourRequest(sequence));
  const outcomes = socketOutcomes(sequence, answer.test_run ?? []);

  it('meets the fate that its reason says', () => {
    const fates: Readonly<Record<string, readonly string[]>> = FATE[sequence.hook];
    for (const [i, wanted] of casesOf(sequence).entries()) {
      const reason = wanted[sequence.hook];
      const what = `${i} ${wanted.note}: ${packetLine(wanted.bytes)}`;
      expect(reasonOf(outcomes[i]!), what).toBe(reason);
      if (reason === '') continue;
      const fate = Object.keys(fates).find((name) => fates[name]!.includes(reason))!;
      expect(VERDICTS[sequence.hook]![fate], what).toContain(outcomes[i]!.retval);
    }
  });

  it('all reasons are met', () => {
    const met = new Set(outcomes.map(reasonOf));
    for (const reason of Object.values(FATE[sequence.hook]).flat()) expect(met).toContain(reason);
  });
});
