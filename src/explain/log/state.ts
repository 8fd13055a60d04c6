/** `R1=ctx() R6_w=scalar(umax=255) fp-8=mmmmmmmm refs=2`: what a log line says of a frame. */
import type { LogValue } from './value.ts';
import { readValue } from './value.ts';

/** What one line says: values by the name of their place (`R1`, `fp-8`); `full` when everything else is not readable. */
export interface LogState {
  readonly frame: number;
  readonly values: ReadonlyMap<string, LogValue>;
  /** References that are held, where the line names them. */
  readonly refs?: readonly number[];
}

/** Splits at spaces outside of brackets. */
function words(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let word = '';
  for (const c of text) {
    if (c === '(') depth++;
    else if (c === ')') depth = Math.max(0, depth - 1);
    if ((c === ' ' || c === '\t') && depth === 0) {
      if (word !== '') out.push(word);
      word = '';
    } else word += c;
  }
  if (word !== '') out.push(word);
  return out;
}

const PLACE = /^(R\d{1,2}|fp-\d+)(?:_\w+)?=(.+)$/;
const FRAME = /^frame(\d+):$/;
const REFS = /^refs=([\d,]+)$/;

/** Reads the state that a line's tail prints; undefined where it prints none. */
export function readState(text: string, old: boolean): LogState | undefined {
  const values = new Map<string, LogValue>();
  let frame = 0;
  let refs: number[] | undefined;
  for (const word of words(text)) {
    const place = PLACE.exec(word);
    if (place) values.set(place[1]!, readValue(place[2]!, old));
    else if (FRAME.test(word)) frame = Number(FRAME.exec(word)![1]);
    else if (REFS.test(word)) refs = REFS.exec(word)![1]!.split(',').map(Number);
  }
  if (values.size === 0 && !refs) return undefined;
  return { frame, values, ...(refs && { refs }) };
}
