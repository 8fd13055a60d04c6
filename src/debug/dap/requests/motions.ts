/** Moving: forwards, backwards, to a place. The answer comes first, the `stopped` event when it has stopped. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { fail } from '../../../util/problem.ts';
import type { Motion } from '../../session/types.ts';
import type { Debuggee } from '../debuggee.ts';
import { done, finished, launched, request } from '../desk.ts';
import { entryOf } from '../frameEntry.ts';
import { dapProblem } from '../messages.ts';
import { fields, oneOf, type Shape } from '../shape.ts';
import { insnsAtLine, textAddress } from '../sources.ts';
import { referenceOf } from '../variables.ts';
import { SOURCE_SHAPE } from './breakpoints.ts';

/** Arguments of everything that moves. */
type MoveArguments = DebugProtocol.NextArguments;

const MOVE_SHAPE: Shape<MoveArguments> = {
  need: { threadId: 'number' },
  may: { singleThread: 'boolean', granularity: oneOf('statement', 'line', 'instruction') },
};

type Granularity = DebugProtocol.SteppingGranularity | undefined;

/** A statement is a source line; where there is no text, an insn. */
function unitOf(debuggee: Debuggee, granularity: Granularity): 'insn' | 'line' {
  const [frame] = debuggee.session.frames();
  return granularity === 'instruction' || frame?.pos === undefined ? 'insn' : 'line';
}

/** A request that moves, and what it answers. */
function moving(motion: (debuggee: Debuggee, granularity: Granularity) => Motion, body?: object) {
  return request<MoveArguments>('stopped', MOVE_SHAPE, (desk, { granularity }, { seq }) => {
    const debuggee = launched(desk);
    return done(body, () => debuggee.go(motion(debuggee, granularity), seq));
  });
}

const continued: DebugProtocol.ContinueResponse['body'] = { allThreadsContinued: true };

/** `continue` is a word of the language. */
export const goOn = moving(() => ({ kind: 'continue' }), continued);
export const reverseContinue = moving(() => ({ kind: 'continue', back: true }));
export const next = moving((d, granularity) => ({ kind: 'next', unit: unitOf(d, granularity) }));
export const stepIn = moving((d, granularity) => ({ kind: 'step', unit: unitOf(d, granularity) }));
export const stepOut = moving(() => ({ kind: 'finish' }));
/** Back over calls by lines, into them by insns. */
export const stepBack = moving((d, granularity) => {
  const unit = unitOf(d, granularity);
  return { kind: granularity === 'instruction' ? 'step' : 'next', unit, back: true };
});

export const pause = request<DebugProtocol.PauseArguments>(
  'session',
  { need: { threadId: 'number' }, may: {} },
  (desk) => done(undefined, () => launched(desk).runner.pause()),
);

export const gotoTargets = request<DebugProtocol.GotoTargetsArguments, DebugProtocol.GotoTargetsResponse>(
  'stopped',
  { need: { source: fields(SOURCE_SHAPE), line: 'number' }, may: { column: 'number' } },
  (desk, { source, line, column }) => {
    const { client } = desk;
    const debuggee = launched(desk);
    const one = debuggee.sources.find(source);
    if (!one.ok) return one;
    const from = column === undefined ? undefined : client.columnIn(column);
    const insns = insnsAtLine(one.value, client.lineIn(line), from);
    const targets = insns.flatMap(({ prog, slot, line: at, col }) => {
      const place = { kind: 'insn', at: [{ prog: prog.prog.id, slot }], text: `${prog.name}:*${slot}` } as const;
      const name = `${debuggee.session.symbols.placeName(prog, slot)} (${prog.name}, insn ${slot})`;
      const target = (label: string, back: boolean): DebugProtocol.GotoTarget => ({
        id: debuggee.targets.add({ kind: 'until', place, back }),
        label,
        line: client.lineOut(at),
        column: client.columnOut(col),
        instructionPointerReference: referenceOf(textAddress(prog, slot)),
      });
      return [target(`run on to ${name}`, false), target(`run back to ${name}`, true)];
    });
    return done({ targets });
  },
);

export const goTo = request<DebugProtocol.GotoArguments>(
  'stopped',
  { need: { threadId: 'number', targetId: 'number' }, may: {} },
  (desk, { targetId }, { seq }) => {
    const debuggee = launched(desk);
    const motion = debuggee.targets.get(targetId);
    if (!motion.ok) return fail(dapProblem('dap-no-target', {}, { target: targetId }));
    return done(undefined, () => debuggee.go(motion.value, seq, 'goto'));
  },
);

export const restartFrame = request<DebugProtocol.RestartFrameArguments>(
  'stopped',
  { need: { frameId: 'number' }, may: {} },
  async (desk, { frameId }, { seq }) => {
    const debuggee = launched(desk);
    const frame = debuggee.frames.get(frameId);
    if (!frame.ok) return frame;
    const { depth } = frame.value;
    if (depth === undefined) return fail(dapProblem('dap-order', {}, { command: 'restartFrame', why: 'nothing runs' }));
    const tick = await finished(desk, entryOf(debuggee.session, depth));
    if (!tick.ok) return tick;
    return done(undefined, () => debuggee.go({ kind: 'goto', tick: tick.value }, seq, 'restart'));
  },
);
