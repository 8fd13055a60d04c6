/** The real `bpflab dap`, driven by the protocol's own test client; every message is held against the schemas. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { type AnyMessage, wrongArguments, wrongIn } from './schema.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const COMMAND = ['--import', 'tsx', join(ROOT, 'src/cli/main.ts'), 'dap'];

/** A process of `bpflab dap`. */
export function spawnDap(args: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [...COMMAND, ...args], { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** A server on a free port. */
export async function serveDap(): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  const child = spawnDap(['--port', '0']);
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  const port = await new Promise<number>((done, failed) => {
    let said = '';
    child.stderr!.on('data', (chunk) => {
      said += chunk;
      const match = /listening on 127\.0\.0\.1:(\d+)\n/.exec(said);
      if (match) done(Number(match[1]));
    });
    child.on('close', () => failed(new Error(`no server: ${said}`)));
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return { port, stop };
}

/** What the test client keeps to itself. */
interface Inner {
  dispatch(body: string): void;
  doSend(command: string, args: unknown, done: (result: unknown) => void): void;
}

export type Stopped = DebugProtocol.StoppedEvent['body'];

/** The test client, with an ear on both directions. */
export class CheckedClient extends DebugClient {
  readonly messages: AnyMessage[] = [];
  readonly wrong: string[] = [];
  #taken = 0;
  #heard: (() => void) | undefined;

  constructor() {
    super('node', '', 'bpflab');
    const inner = this as unknown as Inner;
    const { dispatch, doSend } = inner;
    inner.dispatch = (body) => {
      const message = JSON.parse(body) as AnyMessage;
      this.wrong.push(...wrongIn(message));
      this.messages.push(message);
      dispatch.call(this, body);
      this.#heard?.();
    };
    inner.doSend = (command, args, done) => {
      this.wrong.push(...wrongArguments(command, args));
      doSend.call(this, command, args, done);
    };
  }

  /** Talks to a process over its standard streams. */
  attach({ stdout, stdin }: ChildProcess): void {
    this.connect(stdout!, stdin!);
  }

  /** Introduces itself as a client that can do everything, launches and configures. */
  async begin(launch: object, configure: () => Promise<unknown> = async () => undefined): Promise<void> {
    await this.initializeRequest({
      adapterID: 'bpflab',
      linesStartAt1: true,
      columnsStartAt1: true,
      pathFormat: 'path',
      supportsVariableType: true,
      supportsVariablePaging: true,
      supportsMemoryReferences: true,
      supportsProgressReporting: true,
      supportsInvalidatedEvent: true,
      supportsMemoryEvent: true,
    });
    await this.send('launch', launch);
    await this.next('initialized');
    await configure();
    await this.configurationDoneRequest();
  }

  /** Where it stands: the innermost frame. */
  async frame(): Promise<DebugProtocol.StackFrame> {
    const { body } = await this.stackTraceRequest({ threadId: 1 });
    return body.stackFrames[0]!;
  }

  /** What is in a scope of the innermost frame. */
  async scope(name: string): Promise<{ readonly reference: number; readonly variables: DebugProtocol.Variable[] }> {
    const { id } = await this.frame();
    const { body } = await this.scopesRequest({ frameId: id });
    const found = body.scopes.find((s) => s.name === name);
    if (!found) throw new Error(`no scope ${name}`);
    const variables = await this.variablesRequest({ variablesReference: found.variablesReference });
    return { reference: found.variablesReference, variables: variables.body.variables };
  }

  /** The next event of that name after those that have been taken. */
  async next<B>(name: string): Promise<B> {
    for (;;) {
      while (this.#taken < this.messages.length) {
        const message = this.messages[this.#taken++]!;
        if (message.event === name) return message.body as B;
      }
      await new Promise<void>((done, failed) => {
        const timer = setTimeout(() => failed(new Error(`no event '${name}'`)), 30_000);
        this.#heard = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
  }

  stopped(): Promise<Stopped> {
    return this.next<Stopped>('stopped');
  }

  /** Texts of the output events so far. */
  output(category: string): string {
    const bodies = this.messages.flatMap((m) =>
      m.event === 'output' ? [m.body as DebugProtocol.OutputEvent['body']] : [],
    );
    return bodies.flatMap((b) => (b.category === category ? [b.output] : [])).join('');
  }
}
