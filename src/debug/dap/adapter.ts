/** The adapter: requests from a stream, one after the other through the table, and answers and events back. */

import type { Problem, Result } from '../../util/problem.ts';
import { fail } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import { BreakpointBook } from './breakpoints.ts';
import type { RequestHead } from './client.ts';
import { Client } from './client.ts';
import type { Answer, Desk, RequestRow } from './desk.ts';
import { FILTER_DEFAULTS } from './filters.ts';
import { FrameReader } from './framing.ts';
import type { DapHost, DapTransport } from './host.ts';
import { dapProblem } from './messages.ts';
import { REQUESTS } from './requests/index.ts';
import { shaped } from './shape.ts';

interface Incoming extends RequestHead {
  readonly args: unknown;
}

/** Requests that may wait while one is at work. */
const MAX_WAITING = 1000;

/** What an answer says that belongs to no request. */
const NOBODY: RequestHead = { seq: 0, command: '' };

/** One client's debug adapter. Bytes in by `receive`, out by the transport; nothing that comes in can break it. */
export class DapAdapter {
  readonly #reader = new FrameReader();
  readonly #desk: Desk;
  readonly #waiting: Incoming[] = [];
  #working: Incoming | undefined;

  /** `transport` takes what goes to the client, `host` gives what a launch names. */
  constructor(transport: DapTransport, host: DapHost) {
    this.#desk = {
      client: new Client(transport),
      host,
      book: new BreakpointBook(),
      debuggee: undefined,
      filters: FILTER_DEFAULTS,
      cancelled: false,
    };
  }

  /** Bytes from the client, cut anywhere. */
  receive(chunk: Uint8Array): void {
    for (const frame of this.#reader.receive(chunk)) {
      if (this.#desk.client.closed) return;
      if (frame instanceof Uint8Array) this.#message(frame);
      else this.#desk.client.refuse(NOBODY, [frame]);
    }
  }

  /** The client is gone without a word. */
  close(): void {
    this.#desk.cancelled = true;
    this.#desk.client.close();
    this.#desk.debuggee?.runner.drop();
    this.#desk.debuggee = undefined;
  }

  #message(bytes: Uint8Array): void {
    const { client } = this.#desk;
    const message = parse(bytes);
    if ('problem' in message) {
      client.refuse(message.head, [message.problem]);
      return;
    }
    const { request } = message;
    if (!request) return;
    if (request.command === 'cancel') this.#cancel(request);
    if (this.#waiting.length >= MAX_WAITING) {
      client.refuse(request, [dapProblem('dap-too-many', {}, { limit: MAX_WAITING })]);
      return;
    }
    if (this.#working && ['disconnect', 'terminate'].includes(request.command)) this.#desk.cancelled = true;
    this.#waiting.push(request);
    if (!this.#working) this.#work();
  }

  /** Cancels what waits or is at work; motions are the business of the request itself. */
  #cancel({ args }: Incoming): void {
    const id = typeof args === 'object' && args !== null && 'requestId' in args ? args.requestId : undefined;
    if (this.#working && this.#working.seq === id) this.#desk.cancelled = true;
    const at = this.#waiting.findIndex((r) => r.seq === id);
    if (at >= 0) this.#desk.client.refuse(this.#waiting.splice(at, 1)[0]!, [dapProblem('dap-cancelled')]);
  }

  #work(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (this.#desk.client.closed) return;
      this.#working = next;
      this.#desk.cancelled = false;
      const head = next;
      const answer = this.#run(next);
      if (answer instanceof Promise) {
        void answer.then((late) => {
          this.#answer(head, late);
          this.#working = undefined;
          this.#work();
        });
        return;
      }
      this.#answer(head, answer);
      this.#working = undefined;
    }
  }

  #run(request: Incoming): Result<Answer> | Promise<Result<Answer>> {
    const { command } = request;
    const row: RequestRow | undefined = Object.hasOwn(REQUESTS, command)
      ? (REQUESTS[command as keyof typeof REQUESTS] as unknown as RequestRow)
      : undefined;
    if (!row) {
      const near = suggest(command, Object.keys(REQUESTS));
      const hint = near === undefined ? '' : `; did you mean '${near}'?`;
      return fail(dapProblem('dap-unknown-request', {}, { command, hint }));
    }
    const why = outOfOrder(this.#desk, row, command);
    if (why !== undefined) return fail(dapProblem('dap-order', {}, { command, why }));
    const args = shaped(request.args ?? {}, row.shape);
    if (!('value' in args)) {
      return fail(dapProblem('dap-arguments', {}, { command, where: args.where, wanted: args.wanted }));
    }
    try {
      const answer = row.run(this.#desk, args.value, request);
      return answer instanceof Promise ? answer.catch(internal) : answer;
    } catch (error) {
      return internal(error);
    }
  }

  #answer(head: RequestHead, answer: Result<Answer>): void {
    const { client } = this.#desk;
    if (!answer.ok) {
      client.refuse(head, answer.problems, head.command === 'launch' || head.command === 'restart');
      return;
    }
    client.respond(head, answer.value.body);
    try {
      answer.value.then?.();
    } catch (error) {
      const failed = internal(error);
      client.say('important', failed.ok ? '' : failed.problems.map((p) => String(p.args.why)).join('\n'));
    }
  }
}

function internal(error: unknown): { readonly ok: false; readonly problems: readonly Problem[] } {
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return fail(dapProblem('dap-internal', {}, { why }));
}

/** Why a request cannot be answered now. */
function outOfOrder({ client, debuggee }: Desk, row: RequestRow, command: string): string | undefined {
  if (command === 'initialize') return client.introduced ? 'it has been sent before' : undefined;
  if (row.needs === 'nothing') return undefined;
  if (!client.introduced) return "'initialize' comes first";
  if (row.needs === 'client') return undefined;
  if (!debuggee) return 'nothing is launched';
  if (row.needs === 'stopped' && debuggee.runner.moving) return 'the program is running';
  return undefined;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

type Parsed = { readonly request?: Incoming } | { readonly head: RequestHead; readonly problem: Problem };

/** A request out of a message's bytes; nothing where it is an answer, which nobody waits for. */
function parse(bytes: Uint8Array): Parsed {
  let message: unknown;
  try {
    message = JSON.parse(decoder.decode(bytes));
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message.replace(/\s+/g, ' ') : 'the bytes are no UTF-8';
    return { head: NOBODY, problem: dapProblem('dap-not-json', {}, { why }) };
  }
  const wrong = (why: string, head = NOBODY): Parsed => ({ head, problem: dapProblem('dap-not-request', {}, { why }) });
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return wrong('it is no object');
  const { seq, type, command, arguments: args } = message as Readonly<Record<string, unknown>>;
  if (type === 'response') return {};
  const known = Number.isSafeInteger(seq) ? (seq as number) : undefined;
  const name = typeof command === 'string' ? command.slice(0, 100) : undefined;
  const head = { seq: known ?? 0, command: name ?? '' };
  if (type !== 'request') return wrong("its type is not 'request'", head);
  if (known === undefined) return wrong('seq is no whole number', head);
  if (name === undefined) return wrong('it has no command', head);
  return { request: { ...head, args } };
}
