/** Why a session stands, in the protocol's words. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Stop, StopReason } from '../session/types.ts';
import type { BreakKind, BreakpointBook } from './breakpoints.ts';
import type { ExceptionNow } from './exceptions.ts';

/** The client knows of one thread. */
export const THREAD = 1;

interface Words {
  readonly reason: string;
  readonly description: string;
}

const REASONS: Readonly<Record<StopReason, Words>> = {
  entry: { reason: 'entry', description: 'Before the first insn' },
  step: { reason: 'step', description: 'After a step' },
  breakpoint: { reason: 'breakpoint', description: 'At a breakpoint' },
  fault: { reason: 'exception', description: 'Before an insn that faults' },
  start: { reason: 'entry', description: 'At the beginning: there is nothing before' },
  end: {
    reason: 'end',
    description: 'At the end: nothing is left to run. Go back, or continue once more to end the session',
  },
  pause: { reason: 'pause', description: 'Paused' },
  goto: { reason: 'goto', description: 'There' },
  edit: { reason: 'pause', description: 'Changed' },
};

const KINDS: Readonly<Record<BreakKind, Words>> = {
  source: { reason: 'breakpoint', description: 'At a breakpoint' },
  function: { reason: 'function breakpoint', description: 'At a function breakpoint' },
  instruction: { reason: 'instruction breakpoint', description: 'At an instruction breakpoint' },
  data: { reason: 'data breakpoint', description: 'After a write' },
  exception: { reason: 'exception', description: 'At an exception' },
};

/** What a motion was for, where nothing came between. */
export const AIMS = {
  entry: REASONS.entry,
  goto: REASONS.goto,
  restart: { reason: 'restart', description: 'Where the frame was entered' },
  recorded: { reason: 'entry', description: 'Where it was recorded' },
} as const satisfies Readonly<Record<string, Words>>;

export type Aim = keyof typeof AIMS;

/** The body of the `stopped` event. */
export function stoppedBody(
  stop: Stop,
  book: BreakpointBook,
  exception: ExceptionNow | undefined,
): DebugProtocol.StoppedEvent['body'] {
  const hits = stop.hits.flatMap((hit) => {
    const mine = book.hit(hit.breakpoint);
    return mine ? [{ ...mine, detail: hit.detail }] : [];
  });
  const kind = hits[0]?.kind;
  const { reason, description } = exception
    ? { reason: 'exception', description: exception.description }
    : kind
      ? KINDS[kind]
      : REASONS[stop.reason];
  const text = exception?.description ?? hits.find((h) => h.detail !== undefined)?.detail;
  return {
    reason,
    description,
    threadId: THREAD,
    allThreadsStopped: true,
    ...(text !== undefined && { text }),
    ...(hits.length > 0 && { hitBreakpointIds: hits.map((h) => h.id) }),
  };
}
