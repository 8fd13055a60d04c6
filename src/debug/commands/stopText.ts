/** Where a session stands, in lines. */
import type { PacketResult } from '../../kernel/replay/result.ts';
import { UAPI } from '../../spec/constants.ts';
import type { Frame, Hit, Stop } from '../session/types.ts';
import { placeText } from './breaks.ts';
import { displayLines } from './display.ts';
import { problemLines } from './row.ts';
import type { Shell } from './shell.ts';

/** What a breakpoint met: its number and place, and what there is to tell. */
function hitLine(shell: Shell, { breakpoint, detail }: Hit): string {
  const found = shell.session.breakpoints.list.find((b) => b.number === breakpoint);
  const what = found ? ` (${placeText(found.place)})` : '';
  const kind = found?.place.kind === 'watch' ? 'Watchpoint' : 'Breakpoint';
  return `${kind} ${breakpoint}${what}${detail === undefined ? '' : `: ${detail}`}`;
}

const REASONS: Readonly<Partial<Record<Stop['reason'], string>>> = {
  start: 'This is the beginning.',
  pause: 'Paused.',
};

/** How a run ended. */
export function resultLine(result: PacketResult): string {
  const { number, prog, verdict, insns, stage } = result;
  const after = stage === 0 ? '' : `, program ${stage + 1}`;
  return `packet ${number}${after}: ${prog.name} ended with ${verdict} after ${insns} insn${insns === 1 ? '' : 's'}`;
}

/** Why the kernel refused a test run, as far as its input tells. */
function refusal({ before, verdict }: PacketResult): string {
  return before.length < UAPI.ETH_HLEN
    ? `${before.length} of the ${UAPI.ETH_HLEN} bytes of an Ethernet header are there`
    : verdict;
}

/** One frame: `tc_main+3 at node.bpf:40`. */
export function frameText(shell: Shell, frame: Frame): string {
  const prog = shell.session.symbols.prog(frame.progId);
  const place = prog ? shell.session.symbols.placeName(prog, frame.slot) : frame.prog;
  const at = frame.pos ? ` at ${frame.pos.file}:${frame.pos.line}` : '';
  const via = frame.via === undefined ? '' : `, ${frame.via}`;
  return `${place}${at}${via}`;
}

/** The insn of a frame, with its source line where that says more. */
export function insnLines(shell: Shell, frame: Frame, mark = '=>'): string[] {
  const { session } = shell;
  const source = frame.pos && session.symbols.lines(frame.pos.file)?.[frame.pos.line - 1]?.trim();
  const text = `${mark} ${String(frame.slot).padStart(4)}: ${frame.text}`;
  const same = source !== undefined && frame.text.replaceAll(' ', '').endsWith(source.replaceAll(' ', ''));
  return [source === undefined || same ? text : `${text.padEnd(44)} | ${source}`];
}

/** Why and where it stopped, and what is displayed at every stop. */
export function stopLines(shell: Shell): string[] {
  const { session } = shell;
  const { stop } = session;
  const lines = stop.hits.map((hit) => hitLine(shell, hit));
  const reason = REASONS[stop.reason];
  if (reason !== undefined) lines.push(reason);
  const frame = session.frames()[0];
  const { running } = session.view();
  if (!frame) {
    const last = session.lastResult;
    if (last) lines.push(resultLine(last));
    if (last && last.errno !== 0) lines.push(`The test run was refused before its first insn (${refusal(last)}).`);
    if (last?.fault) lines.push(...problemLines(last.fault.problem));
    lines.push(
      session.over
        ? `All packets are through (tick ${session.tick}).`
        : `Before the next packet (tick ${session.tick}).`,
    );
    return [...lines, ...displayLines(shell)];
  }
  const what = running ? `packet ${running.number}` : 'timer';
  lines.push(`${what}, tick ${session.tick}: ${frameText(shell, frame)}`, ...insnLines(shell, frame));
  if (stop.reason === 'fault') lines.push(...faultLines(shell));
  return [...lines, ...displayLines(shell)];
}

/** What the insn at hand is about to do wrong. */
function faultLines({ session }: Shell): string[] {
  const problem = session.fault;
  return problem ? ['The program is stopped here:', ...problemLines(problem)] : [];
}
