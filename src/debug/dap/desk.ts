/** What requests work with, and what they answer. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import type { BreakpointBook } from './breakpoints.ts';
import type { Client, RequestHead } from './client.ts';
import type { Debuggee } from './debuggee.ts';
import type { FilterId } from './filters.ts';
import type { DapHost } from './host.ts';
import { dapProblem } from './messages.ts';
import type { Shape } from './shape.ts';

export interface Desk {
  readonly client: Client;
  readonly host: DapHost;
  readonly book: BreakpointBook;
  /** What was launched; undefined before and after. */
  debuggee: Debuggee | undefined;
  /** Exceptions that are stopped at. */
  filters: ReadonlySet<FilterId>;
  /** The client no longer wants what is being done; long work looks at it. */
  cancelled: boolean;
}

/** What must have been before a request. */
export type Need =
  | 'nothing'
  /** `initialize`. */
  | 'client'
  /** A launched program. */
  | 'session'
  /** … that stands still. */
  | 'stopped';

export interface Answer {
  readonly body?: unknown;
  /** What happens once the answer is sent. */
  readonly then?: () => void;
}

/** One request that the adapter answers. */
export interface RequestRow<A = never> {
  readonly needs: Need;
  readonly shape: Shape<A>;
  readonly run: (desk: Desk, args: A, head: RequestHead) => Result<Answer> | Promise<Result<Answer>>;
}

type BodyOf<R extends DebugProtocol.Response> = R['body'];

/** A row whose arguments and answer have the protocol's types. */
export function request<A, R extends DebugProtocol.Response = DebugProtocol.Response>(
  needs: Need,
  shape: Shape<A>,
  run: (desk: Desk, args: A, head: RequestHead) => Result<Done<BodyOf<R>>> | Promise<Result<Done<BodyOf<R>>>>,
): RequestRow<A> {
  return { needs, shape, run };
}

export interface Done<B> extends Answer {
  readonly body?: B;
}

/** An answer with this body. */
export function done<B>(body?: B, then?: () => void): Result<Done<B>> {
  return ok({ ...(body !== undefined && { body }), ...(then && { then }) });
}

/** What was launched, for rows that need it: the table has made sure that it is there. */
export function launched(desk: Desk): Debuggee {
  if (!desk.debuggee) throw new Error('a request without a session');
  return desk.debuggee;
}

/** Does long work in slices; the client may cancel the request in between. */
export async function finished<T>(desk: Desk, work: Generator<undefined, T>): Promise<Result<T>> {
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) return ok(step.value);
    await new Promise<void>((resolve) => desk.host.later(resolve));
    if (!desk.cancelled) continue;
    // Whoever works puts things back where they were.
    work.return(undefined as never);
    return fail(dapProblem('dap-cancelled'));
  }
}
