/** A client in the same thread, over a stream in memory, as a page talks to its worker. */
import { DapAdapter } from '../../../src/debug/dap/adapter.ts';
import type { DapHost } from '../../../src/debug/dap/host.ts';
import { type AnyMessage, wrongArguments, wrongIn } from './schema.ts';

type Body = Record<string, unknown>;

/** A request that was refused. */
export class Refused extends Error {
  readonly body: unknown;

  constructor(message: string, body: unknown) {
    super(message);
    this.body = body;
  }
}

export class MemoryClient {
  readonly adapter: DapAdapter;
  /** Everything that came, in order. */
  readonly messages: AnyMessage[] = [];
  /** What the protocol's schemas say against it. */
  readonly wrong: string[] = [];
  #seq = 1;
  #rest = '';
  readonly #answers = new Map<number, (message: AnyMessage) => void>();
  #read = 0;
  #wake: (() => void) | undefined;

  constructor(host: DapHost, adapter?: DapAdapter) {
    this.adapter = adapter ?? new DapAdapter({ send: (bytes) => this.#receive(bytes) }, host);
  }

  /** Sends any bytes. */
  raw(bytes: string | Uint8Array): void {
    this.adapter.receive(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
  }

  /** Sends a request without waiting for its answer; its number. */
  post(command: string, args?: object): number {
    this.wrong.push(...wrongArguments(command, args));
    const seq = this.#seq++;
    const body = JSON.stringify({ seq, type: 'request', command, ...(args && { arguments: args }) });
    this.raw(`Content-Length: ${new TextEncoder().encode(body).length}\r\n\r\n${body}`);
    return seq;
  }

  /** Sends a request; the body of its answer. */
  async request<B = Body>(command: string, args?: object): Promise<B> {
    const seq = this.#seq;
    const answer = new Promise<AnyMessage>((resolve) => this.#answers.set(seq, resolve));
    this.post(command, args);
    const { success, body, message } = (await answer) as AnyMessage & { message?: string };
    if (!success) throw new Refused(message ?? '', body);
    return body as B;
  }

  /** The next event of that name that has not been waited for. */
  async event(name: string): Promise<Body> {
    for (;;) {
      while (this.#read < this.messages.length) {
        const message = this.messages[this.#read++]!;
        if (message.type === 'event' && message.event === name) return message.body as Body;
      }
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no event ${name}`)), 20_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Texts of all output events of a category. */
  output(category: string): string {
    const bodies = this.messages.flatMap((m) => (m.event === 'output' ? [m.body as Body] : []));
    return bodies.flatMap((b) => (b.category === category ? [String(b.output)] : [])).join('');
  }

  #receive(bytes: Uint8Array): void {
    // Every message comes in one piece here; its header is held against it all the same.
    this.#rest += new TextDecoder().decode(bytes);
    const [, length, json] = /^Content-Length: (\d+)\r\n\r\n(.*)$/s.exec(this.#rest) ?? [];
    if (json === undefined || new TextEncoder().encode(json).length !== Number(length)) {
      throw new Error(`no whole message: ${this.#rest}`);
    }
    this.#rest = '';
    const message = JSON.parse(json) as AnyMessage & { request_seq?: number };
    this.wrong.push(...wrongIn(message));
    this.messages.push(message);
    if (message.type === 'response') this.#answers.get(message.request_seq!)?.(message);
    this.#wake?.();
  }
}
