/** The client's end: messages to it are numbered and framed here, and lines, columns and paths are put as it wants them. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Problem } from '../../util/problem.ts';
import { explainProblem, problemText } from '../../util/problem.ts';
import { frameOf } from './framing.ts';
import type { DapTransport } from './host.ts';
import { DAP_MESSAGES } from './messages.ts';

type OutputCategory = NonNullable<DebugProtocol.OutputEvent['body']['category']>;

/** Bodies of the events that the adapter sends. */
export interface Events {
  initialized: undefined;
  stopped: DebugProtocol.StoppedEvent['body'];
  continued: DebugProtocol.ContinuedEvent['body'];
  output: DebugProtocol.OutputEvent['body'];
  breakpoint: DebugProtocol.BreakpointEvent['body'];
  terminated: DebugProtocol.TerminatedEvent['body'];
  exited: DebugProtocol.ExitedEvent['body'];
  invalidated: DebugProtocol.InvalidatedEvent['body'];
  memory: DebugProtocol.MemoryEvent['body'];
  progressStart: DebugProtocol.ProgressStartEvent['body'];
  progressUpdate: DebugProtocol.ProgressUpdateEvent['body'];
  progressEnd: DebugProtocol.ProgressEndEvent['body'];
}

/** What a client can do that others cannot; from `initialize`. */
export type ClientAbility =
  | 'supportsVariablePaging'
  | 'supportsVariableType'
  | 'supportsMemoryReferences'
  | 'supportsProgressReporting'
  | 'supportsInvalidatedEvent'
  | 'supportsMemoryEvent';

const CODES = Object.keys(DAP_MESSAGES);

export class Client {
  readonly #transport: DapTransport;
  #seq = 1;
  #closed = false;
  #args: DebugProtocol.InitializeRequestArguments | undefined;

  constructor(transport: DapTransport) {
    this.#transport = transport;
  }

  /** Set by `initialize`. */
  get introduced(): boolean {
    return this.#args !== undefined;
  }

  introduce(args: DebugProtocol.InitializeRequestArguments): void {
    this.#args = args;
  }

  can(ability: ClientAbility): boolean {
    return this.#args?.[ability] === true;
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#closed = true;
  }

  get closed(): boolean {
    return this.#closed;
  }

  event<E extends keyof Events>(event: E, body: Events[E]): void {
    this.#send({ seq: this.#seq++, type: 'event', event, ...(body !== undefined && { body }) });
  }

  /** The answer to a request. */
  respond(request: RequestHead, body: unknown): void {
    this.#send({ ...this.#response(request), success: true, ...(body !== undefined && { body }) });
  }

  /** The answer to a request that cannot be done. */
  refuse(request: RequestHead, problems: readonly Problem[], showUser = false): void {
    const [first] = problems;
    const format = problems.map((p) => explainProblem(p).replace(/^error: /, '')).join('\n');
    const message = first?.code === 'debug.dap-cancelled' ? 'cancelled' : first ? problemText(first) : 'failed';
    const id = CODES.indexOf(first?.code.replace(/^debug\./, '') ?? '') + 1;
    // Braces stand for variables in a format.
    const error = { id, format: format.replace(/[{}]/g, (b) => (b === '{' ? '(' : ')')), showUser };
    this.#send({ ...this.#response(request), success: false, message, body: { error } });
  }

  /** Text for the debug console. */
  say(category: OutputCategory, output: string, where?: Partial<DebugProtocol.OutputEvent['body']>): void {
    this.event('output', { category, output: `${output}\n`, ...where });
  }

  /** A line for the client, from 1 here. */
  lineOut(line: number): number {
    return this.#args?.linesStartAt1 === false ? line - 1 : line;
  }

  lineIn(line: number): number {
    return this.#args?.linesStartAt1 === false ? line + 1 : line;
  }

  columnOut(column: number): number {
    return this.#args?.columnsStartAt1 === false ? column - 1 : column;
  }

  columnIn(column: number): number {
    return this.#args?.columnsStartAt1 === false ? column + 1 : column;
  }

  /** A path as the client writes it. */
  pathOut(path: string): string {
    if (this.#args?.pathFormat !== 'uri') return path;
    return `file://${path.startsWith('/') ? '' : '/'}${encodeURI(path.replaceAll('\\', '/')).replace(/[?#]/g, encodeURIComponent)}`;
  }

  pathIn(path: string): string {
    if (this.#args?.pathFormat !== 'uri' || !path.startsWith('file://')) return path;
    try {
      return decodeURIComponent(path.slice('file://'.length));
    } catch {
      return path;
    }
  }

  #response(request: RequestHead) {
    return { seq: this.#seq++, type: 'response', request_seq: request.seq, command: request.command };
  }

  #send(message: object): void {
    if (!this.#closed) this.#transport.send(frameOf(message));
  }
}

/** What of a request its answer repeats. */
export interface RequestHead {
  readonly seq: number;
  readonly command: string;
}
