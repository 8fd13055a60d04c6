/** What the verifier knew here, beside what is. */

import { explainRejection } from '../../explain/index.ts';
import { errnoName } from '../../spec/errno.ts';
import { fail, ok } from '../../util/problem.ts';
import { describeText } from '../inspect/pointer.ts';
import { decimalText } from '../inspect/registers.ts';
import type { KnownValue, Mark } from '../verifier/beside.ts';
import type { Exploration } from '../verifier/exploration.ts';
import { commandProblem } from './messages.ts';
import type { CommandRow } from './row.ts';
import { say } from './row.ts';
import type { Shell } from './shell.ts';

/** Said of a value, where there is something to say. */
const MARKS: Readonly<Record<Mark, string>> = {
  exact: 'exactly this',
  range: 'in these bounds',
  unknown: 'nothing known',
  pruned: 'not compared on this path',
  contradiction: 'NOT POSSIBLE for the verifier',
};

/** Columns of a value in the list of all places. */
const VALUE_WIDTH = 34;

/** One register or slot: what it holds (in full, or cut to its column), what the verifier knew. */
function knownLine(shell: Shell, { place, text, mark, concrete, hints }: KnownValue, full: boolean): string[] {
  const value = describeText(shell.view(), concrete) || decimalText(concrete) || `0x${concrete.toString(16)}`;
  const what = full || value.length <= VALUE_WIDTH ? value : `${value.slice(0, VALUE_WIDTH - 1)}…`;
  const known = text === '' ? '(not initialised)' : text;
  const line =
    `${place.padEnd(7)}${what.padEnd(VALUE_WIDTH)} ${known}  ${text === '' ? '' : `[${MARKS[mark]}]`}`.trimEnd();
  return [line, ...hints.map((hint) => `       ! ${hint}`)];
}

/** The verdict on a program, in lines. */
function verdictLines(exploration: Exploration | undefined): string[] {
  const verification = exploration?.verification;
  if (!exploration || !verification) return ['The program cannot be verified.'];
  const { name } = exploration;
  if (verification.verdict === 'accept') return [`${name}: accepted, ${verification.insns} insns processed`];
  if (verification.verdict === 'not_covered') return [`${name}: no verdict: ${verification.what}`];
  const why = explainRejection({ log: verification.log, program: exploration.program });
  const lines = verification.log.trimEnd().split('\n').slice(-2, -1);
  const errno = errnoName(verification.errno) ?? `${verification.errno}`;
  return [`${name}: rejected with ${errno}`, ...lines, ...(why ? [`${why.id}: ${why.headline}`] : [])];
}

/** `r6`, `R6`, `fp-8`: places as the verifier writes them. */
const placeName = (text: string): string => text.replace(/^\$?[rR](\d+)$/, 'R$1').replace(/\s+/g, '');

export const KNOWN_COMMANDS: readonly CommandRow<Shell>[] = [
  {
    names: ['verifier', 'known', 'kv'],
    group: 'data',
    args: '[R1 fp-8 …]',
    help: 'what the verifier knew here of registers and stack, beside what they hold; of the frame that is looked at',
    run: (shell, args) => {
      const { knowing } = shell.options;
      if (!knowing) return fail(commandProblem('no-verifier'));
      const wanted = args
        .split(/[\s,]+/)
        .filter((w) => w !== '')
        .map(placeName);
      const bad = wanted.find((w) => !/^(R([0-9]|10)|fp-\d+)$/.test(w));
      if (bad !== undefined) return fail(commandProblem('not-known', {}, { text: bad }));
      const asked = knowing.now();
      return ok({
        advance: () => {
          const next = asked.next();
          if (!next.done) return undefined;
          if ('why' in next.value) return say(`Nothing is known: ${next.value.why}.`);
          const { status, text, frames } = next.value;
          const { depth } = shell.view();
          const frame = frames.find((f) => f.depth === depth);
          if (!frame) return say(`Nothing is known here: ${text}.`);
          const values = [...frame.registers, ...frame.stack].filter(
            (v) => wanted.length === 0 || wanted.includes(v.place),
          );
          const how = text.startsWith(status) ? text : `${status}: ${text}`;
          return say(how, ...values.flatMap((v) => knownLine(shell, v, wanted.length > 0)));
        },
        pause: () => {
          asked.return({ why: '' });
          return say('Given up.');
        },
      });
    },
  },
  {
    names: ['verdict'],
    group: 'data',
    help: 'what the verifier says of the program that runs',
    run: (shell) => {
      const { knowing } = shell.options;
      const { machine } = shell.session.view();
      if (!knowing) return fail(commandProblem('no-verifier'));
      if (!machine) return fail(commandProblem('nowhere'));
      const asked = knowing.explore(machine.prog.id);
      return ok({
        advance: () => {
          const next = asked.next();
          return next.done ? say(...verdictLines(next.value)) : undefined;
        },
        pause: () => {
          asked.return(undefined);
          return say('Given up.');
        },
      });
    },
  },
];
