/** What the verifier knew, beside what a register or a slot holds. */
import type { NothingKnown } from '../../session/knowing.ts';
import type { Knowledge, KnownValue } from '../../verifier/beside.ts';
import { type Span, span } from '../line.ts';
import { LOOK } from '../style.ts';

/** What was known in the frame that is looked at. */
export interface KnownNow {
  /** In words: which node of the exploration stands for this moment, or why there is none. */
  readonly text: string;
  /** By `R1` or `fp-8`. */
  readonly values: ReadonlyMap<string, KnownValue>;
}

/** Tells what was known at the moment of the session, for a frame of the machine; undefined where the verifier is not asked. */
export type Knows = (depth: number) => KnownNow | undefined;

/** The part of an answer that belongs to a frame; undefined: the answer is not there yet. */
export function knownOf(answer: Knowledge | NothingKnown | undefined, depth: number): KnownNow {
  if (!answer) return { text: '…', values: new Map() };
  if ('why' in answer) return { text: `nothing is known: ${answer.why}`, values: new Map() };
  const frame = answer.frames.find((f) => f.depth === depth);
  const values = [...(frame?.registers ?? []), ...(frame?.stack ?? [])];
  return { text: answer.text, values: new Map(values.map((v) => [v.place, v])) };
}

const MARKS: Readonly<Record<KnownValue['mark'], string>> = {
  exact: ' ',
  range: ' ',
  unknown: ' ',
  pruned: '~',
  contradiction: '!',
};

/** `!` where there is something to wonder about, `~` where the value was not compared on this path. */
function knownMark(value: KnownValue | undefined): string {
  if (!value) return ' ';
  return value.hints.length > 0 ? '!' : MARKS[value.mark];
}

/** The verifier's value as a piece of a line; nothing for what it knew nothing of. */
export function knownSpan(value: KnownValue | undefined): Span {
  if (!value || value.text === '') return span('');
  return span(`${knownMark(value)}${value.text}`, value.mark === 'pruned' ? LOOK.faint : LOOK.known);
}

/** What is to be said of values, a line each. */
export function hintLines(values: Iterable<KnownValue>): string[] {
  const lines: string[] = [];
  for (const { place, hints, mark } of values) {
    if (mark === 'contradiction') lines.push(`! ${place} is outside of what the verifier knew`);
    lines.push(...hints.map((hint) => `! ${place} ${hint}`));
  }
  return lines;
}
