/** What the verifier knew of registers and stack, beside what they hold. */
import type { KnownFrame, KnownValue, Mark } from '../../verifier/beside.ts';
import type { Children, Var } from '../variables.ts';
import { namedChildren } from '../variables.ts';
import type { Look } from './index.ts';

const MARKS: Readonly<Record<Mark, string>> = {
  exact: 'exactly this',
  range: 'in these bounds',
  unknown: 'nothing known',
  pruned: 'not compared on this path',
  contradiction: 'not possible for the verifier',
};

export function verifier(look: Look): Children | undefined {
  const { depth, debuggee } = look;
  if (depth === undefined || debuggee.session.view().machine === undefined) return undefined;
  return { named: () => [], work: () => knownNow(look) };
}

function* knownNow({ debuggee, depth }: Look): Generator<undefined, readonly Var[]> {
  const known = yield* debuggee.knowing.now();
  if ('why' in known) return [{ name: 'nothing known', value: known.why }];
  const frame = known.frames.find((f) => f.depth === depth);
  const status: Var = { name: 'state', value: known.text, type: known.status };
  return frame ? [status, ...frameVars(frame)] : [status];
}

function frameVars({ registers, stack }: KnownFrame): Var[] {
  return [...registers, ...stack].map(knownVar);
}

function knownVar({ place, text, mark, concrete, hints }: KnownValue): Var {
  const value = text === '' ? '(not initialised)' : text;
  return {
    name: place,
    value: hints.length === 0 ? value : `${value}  !`,
    type: MARKS[mark],
    children: namedChildren(() => [
      { name: 'holds', value: `0x${concrete.toString(16)}` },
      { name: 'known', value: MARKS[mark] },
      ...hints.map((hint, i): Var => ({ name: `hint ${i + 1}`, value: hint })),
    ]),
  };
}
