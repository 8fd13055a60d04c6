/** The timeline of a scenario: each step with what it did, hop by hop, and what was expected otherwise. */
import type { Hop } from '../../kernel/node/hop.ts';
import type { Scenario } from '../../kernel/scenario/model.ts';
import { outputLine } from '../../kernel/scenario/observe.ts';
import { type Style, wrap } from '../style.ts';
import type { StepOutcome } from '../test/outcome.ts';
import { actionWords } from './action.ts';
import { failureText } from './expectation.ts';
import { verdictText } from './packets.ts';

export interface TimelinePrinter {
  readonly style: Style;
  /** Width of the terminal; undefined: lines are not broken. */
  readonly columns: number | undefined;
  /** Expectations are written in this run. */
  readonly updating: boolean;
  readonly startNs: bigint;
}

/** Times up to 99 s stand below each other. */
const TIME = 11;
/** Elements of one map, or lines of a log, that are shown. */
const SHOWN = 64;

/** `+12.000000s`; nanoseconds only where there are any. */
function sinceStart(ns: bigint, startNs: bigint): string {
  const since = ns - startNs;
  const digits = `${since % 1_000_000_000n}`.padStart(9, '0');
  return `+${since / 1_000_000_000n}.${digits.endsWith('000') ? digits.slice(0, 6) : digits}s`;
}

/** Text that was broken into lines by its writer, to be broken anew. */
function paragraphs(text: string): string[] {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((one) => one.replace(/\s*\n\s*/g, ' '));
}

/** The scenario's name, its file, and what it is about. */
export function headline(
  scenario: Scenario,
  file: string,
  { style, columns }: Omit<TimelinePrinter, 'startNs'>,
): string {
  const lines = [wrap(`${scenario.name} (${file})`, columns, '  ')];
  lines[0] = lines[0]!.replace(scenario.name, (name) => style.bold(name));
  if (scenario.about !== undefined) {
    for (const line of paragraphs(scenario.about)) lines.push(wrap(line, columns, '  ', '  '));
  }
  return `${lines.join('\n')}\n`;
}

const INDENT = ' '.repeat(6);
const HOP = `${INDENT}  `;

/** Lines, of many only the first. */
function some(lines: readonly string[]): readonly string[] {
  return lines.length <= SHOWN ? lines : [...lines.slice(0, SHOWN), `… ${lines.length - SHOWN} more`];
}

/** Everything that is told of a step. */
export function stepText(outcome: StepOutcome, printer: TimelinePrinter): string {
  const { step, finished, observed, failures, kernel } = outcome;
  const { style, columns } = printer;
  const lines: string[] = [];
  const time = sinceStart(outcome.beginNs, printer.startNs);
  const { name, words } = step ? actionWords(step, kernel) : { name: 'set-up', words: '' };
  const number = `${step?.number ?? 0}`.padStart(4);
  const head = wrap(`${number}  ${time.padEnd(TIME)}  ${name} ${words}`.trimEnd(), columns, ' '.repeat(8 + TIME));
  lines.push(head.replace(time, () => style.dim(time)).replace(name, () => style.bold(name)));
  if (step?.note !== undefined) {
    for (const line of paragraphs(step.note)) lines.push(style.cyan(wrap(`# ${line}`, columns, `${INDENT}# `, INDENT)));
  }
  for (const line of pathLines(outcome, printer)) lines.push(line);
  for (const [map, changes] of Object.entries(observed.maps)) {
    lines.push(`${INDENT}${style.bold('map')} ${map}`);
    for (const line of some(changes)) lines.push(changeColour(style, line, wrap(line, columns, `${HOP}    `, HOP)));
  }
  for (const line of some(observed.agent)) lines.push(wrap(`agent: ${line}`, columns, HOP, INDENT));
  for (const [socket, text] of Object.entries(observed.received)) {
    if (text !== '') lines.push(wrap(`${socket} received ${JSON.stringify(text)}`, columns, HOP, INDENT));
  }
  if (observed.result !== 'ok') lines.push(`${INDENT}result ${style.yellow(observed.result)}`);
  for (const failure of failures) lines.push(failureText(failure, style, columns));
  if (step?.expect?.record && !printer.updating)
    lines.push(`${INDENT}${style.dim('nothing is expected yet: --update writes it')}`);
  if (finished && step?.expect && !step.expect.record && failures.length === 0)
    lines.push(`${INDENT}${style.green('ok')}`);
  return `${lines.join('\n')}\n`;
}

function changeColour(style: Style, line: string, text: string): string {
  const colours = { '+': style.green, '-': style.red, '~': style.yellow };
  const sign = line[0] as keyof typeof colours;
  return colours[sign] ? text.replace(sign, (s) => colours[sign](s)) : text;
}

/** The hops, with what programs said below each; a step's packets are numbered where there are several. */
function pathLines(outcome: StepOutcome, printer: TimelinePrinter): string[] {
  const { hops, observed, times, beginNs, kernel, step } = outcome;
  const { style, columns } = printer;
  if (step?.action.do === 'traffic') return observed.path.map((line) => wrap(line, columns, `${HOP}  `, HOP));
  const numbers = new Map<number, number>();
  for (const { packet } of hops) if (!numbers.has(packet)) numbers.set(packet, numbers.size + 1);
  const lines: string[] = [];
  const met = new Set<number>();
  let packet: number | undefined;
  let time = beginNs;
  for (const [i, hop] of hops.entries()) {
    const now = times[i] ?? time;
    if (numbers.size > 1 ? hop.packet !== packet || now !== time : now !== time) {
      const again = hop.packet !== packet && met.has(hop.packet) ? ' goes on' : '';
      const what = numbers.size > 1 ? `packet ${numbers.get(hop.packet)}${again}` : '';
      const when = now === time ? '' : sinceStart(now, printer.startNs);
      const cpu = step && hop.cpu !== step.cpu ? `cpu ${hop.cpu}` : '';
      lines.push(style.dim(`${INDENT}${[what, when, cpu].filter((part) => part !== '').join('  ')}`));
    }
    packet = hop.packet;
    met.add(packet);
    time = now;
    lines.push(hopText(hop, observed.path[i] ?? '', printer));
    if (hop.kind !== 'program') continue;
    for (const output of hop.outputs)
      lines.push(wrap(outputLine(kernel, output), columns, `${HOP}      `, `${HOP}  | `));
  }
  // Behind the hops: what the step shows, interleavings, programs that it ran by itself.
  for (const line of observed.path.slice(hops.length)) lines.push(wrap(line, columns, `${HOP}  `, HOP));
  return lines;
}

function hopText(hop: Hop, line: string, { style, columns }: TimelinePrinter): string {
  const text = wrap(line, columns, `${HOP}  `, HOP);
  if (hop.kind === 'program') return text.replace(hop.verdict, (word) => verdictText(style, word));
  if (hop.kind === 'dropped') return text.replace(`dropped ${hop.reason}`, (words) => style.red(words));
  if (hop.kind === 'in' || hop.kind === 'out') return text.replace(/\b(in|out):/, (word) => style.bold(word));
  return text;
}
