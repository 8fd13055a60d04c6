/** From `initialize` to `disconnect`. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Result } from '../../../util/problem.ts';
import { fail, ok } from '../../../util/problem.ts';
import { Session } from '../../session/session.ts';
import { CAPABILITIES } from '../capabilities.ts';
import { Debuggee } from '../debuggee.ts';
import { type Desk, done, launched, request } from '../desk.ts';
import { LAUNCH_SHAPE, type LaunchArguments } from '../host.ts';
import { dapProblem } from '../messages.ts';
import { judge, type Rejection } from '../rejection.ts';
import { fields } from '../shape.ts';

export const initialize = request<DebugProtocol.InitializeRequestArguments, DebugProtocol.InitializeResponse>(
  'nothing',
  {
    need: { adapterID: 'string' },
    may: {
      clientID: 'string',
      clientName: 'string',
      locale: 'string',
      linesStartAt1: 'boolean',
      columnsStartAt1: 'boolean',
      pathFormat: 'string',
      supportsVariableType: 'boolean',
      supportsVariablePaging: 'boolean',
      supportsMemoryReferences: 'boolean',
      supportsProgressReporting: 'boolean',
      supportsInvalidatedEvent: 'boolean',
      supportsMemoryEvent: 'boolean',
    },
  },
  ({ client }, args) => {
    client.introduce(args);
    return done(CAPABILITIES);
  },
);

/** Asks the verifier, unless it is not to be asked. */
async function rejectionOf(
  desk: Desk,
  args: LaunchArguments,
  input: Session['input'],
): Promise<Result<Rejection | undefined>> {
  if (args.noVerify === true || args.verify === false) return ok(undefined);
  const pause = () => new Promise<void>((resolve) => desk.host.later(resolve));
  const judged = await judge(input.request, pause, () => desk.cancelled);
  if (!judged.ok) return judged;
  for (const note of judged.value.notes) desk.client.say('console', note);
  return ok(judged.value.rejection);
}

/** Lets the packets before one pass, whatever becomes of them. */
async function comeTo(desk: Desk, session: Session, number: number): Promise<void> {
  while (!session.over && session.view().running?.number !== number && !desk.cancelled) {
    const run = session.move({ kind: 'until', place: { kind: 'packet', number } });
    while (!run.advance()) {
      await new Promise<void>((resolve) => desk.host.later(resolve));
      if (desk.cancelled) run.pause();
    }
  }
}

/** Puts a session together and makes it the one that is debugged. */
async function open(desk: Desk, args: LaunchArguments): Promise<Result<Debuggee>> {
  const made = await desk.host.makeSession(args);
  if (!made.ok) return made;
  if (desk.cancelled) return fail(dapProblem('dap-cancelled'));
  const { input, options, recorded } = made.value;
  const rejection = await rejectionOf(
    desk,
    recorded && args.verify !== true ? { ...args, noVerify: true } : args,
    input,
  );
  if (!rejection.ok) return rejection;
  const session = Session.open(input, options);
  if (!session.ok) return session;
  if (recorded) session.value.plan(recorded.edits);
  else if (args.nth !== undefined) await comeTo(desk, session.value, args.nth);
  if (desk.cancelled) return fail(dapProblem('dap-cancelled'));
  for (const map of session.value.skipped)
    desk.client.say('console', `map contents for ${map}: not in this program, skipped`);
  const debuggee = new Debuggee(desk, args, session.value, rejection.value, recorded);
  desk.debuggee?.runner.drop();
  desk.debuggee = debuggee;
  return ok(debuggee);
}

/** Breakpoints that were set before; without debugging there are none. */
function bind({ book, client }: Desk, debuggee: Debuggee): void {
  if (debuggee.args.noDebug) return;
  for (const breakpoint of book.bind(debuggee)) client.event('breakpoint', { reason: 'changed', breakpoint });
}

export const launch = request<LaunchArguments, DebugProtocol.LaunchResponse>(
  'client',
  LAUNCH_SHAPE,
  async (desk, args) => {
    if (desk.debuggee)
      return fail(dapProblem('dap-order', {}, { command: 'launch', why: 'something is launched already' }));
    const opened = await open(desk, args);
    if (!opened.ok) return opened;
    return done(undefined, () => {
      bind(desk, opened.value);
      desk.client.event('initialized', undefined);
    });
  },
);

export const configurationDone = request<DebugProtocol.ConfigurationDoneArguments>(
  'session',
  { need: {}, may: {} },
  (desk) => {
    const debuggee = launched(desk);
    if (debuggee.begun) {
      return fail(dapProblem('dap-order', {}, { command: 'configurationDone', why: 'it has been sent before' }));
    }
    return done(undefined, () => debuggee.begin());
  },
);

export interface RestartArguments {
  readonly arguments?: LaunchArguments;
}

export const restart = request<RestartArguments, DebugProtocol.RestartResponse>(
  'session',
  { need: {}, may: { arguments: fields(LAUNCH_SHAPE) } },
  async (desk, args) => {
    const before = launched(desk);
    const { moving } = before.runner;
    before.runner.drop();
    const opened = await open(desk, args.arguments ?? before.args);
    if (!opened.ok) {
      // It no longer runs, and the client must know.
      if (moving) before.moved();
      return opened;
    }
    return done(undefined, () => {
      bind(desk, opened.value);
      opened.value.begin();
    });
  },
);

export const terminate = request<DebugProtocol.TerminateArguments>(
  'client',
  { need: {}, may: { restart: 'boolean' } },
  (desk) => done(undefined, () => desk.debuggee?.end(0)),
);

export const disconnect = request<DebugProtocol.DisconnectArguments>(
  'nothing',
  { need: {}, may: { restart: 'boolean', terminateDebuggee: 'boolean', suspendDebuggee: 'boolean' } },
  (desk) =>
    done(undefined, () => {
      desk.debuggee?.end(0);
      desk.client.close();
      desk.host.ended();
    }),
);

export const cancel = request<DebugProtocol.CancelArguments>(
  'client',
  { need: {}, may: { requestId: 'number', progressId: 'string' } },
  // What waits or is at work by request is cancelled when the request comes in; what is left is a motion.
  ({ debuggee }, { requestId, progressId }) =>
    done(undefined, () => {
      const runner = debuggee?.runner;
      const mine =
        (progressId !== undefined && runner?.progressId === progressId) ||
        (requestId !== undefined && runner?.requestId === requestId);
      if (mine) runner?.pause();
    }),
);
