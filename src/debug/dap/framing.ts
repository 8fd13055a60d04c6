/**
 * The wire format of the Debug Adapter Protocol: `Content-Length: N`, an empty line, N bytes of JSON. Bytes come in
 * chunks of any size; what is no message is dropped and told, and reading goes on at the next header.
 */
import type { Problem } from '../../util/problem.ts';
import { ByteQueue } from './byteQueue.ts';
import { dapProblem } from './messages.ts';

/** Bytes of a header; more is not waited for. */
const MAX_HEADER = 4096;
/** Bytes of a message; a longer one is skipped without being kept. */
export const MAX_MESSAGE = 1 << 22;

const NAME = 'content-length';

/** What a chunk brought: whole messages (the JSON's bytes), and what had to be dropped. */
export type Frame = Uint8Array | Problem;

/** Takes messages out of a stream of bytes. It never holds more than one message and one header. */
export class FrameReader {
  readonly #queue = new ByteQueue();
  /** Bytes of the message that is read now; undefined in a header. */
  #length: number | undefined;
  /** Bytes of a message that is too long, still to be skipped. */
  #skip = 0;
  /** No header in sight: everything is dropped up to the next one. */
  #lost = false;

  receive(chunk: Uint8Array): Frame[] {
    const out: Frame[] = [];
    // A huge chunk goes through in parts, so that the queue stays bounded.
    for (let at = 0; at < chunk.length; at += MAX_MESSAGE) {
      this.#queue.push(chunk.subarray(at, at + MAX_MESSAGE));
      while (this.#step(out)) {
        // on to the next header or message
      }
    }
    return out;
  }

  /** One header or message; false when more bytes are needed. */
  #step(out: Frame[]): boolean {
    const queue = this.#queue;
    if (this.#skip > 0) {
      this.#skip -= queue.drop(this.#skip);
      return this.#skip === 0 && queue.length > 0;
    }
    if (this.#length === undefined) return this.#header(out);
    if (queue.length < this.#length) return false;
    out.push(queue.take(this.#length));
    this.#length = undefined;
    return queue.length > 0;
  }

  #header(out: Frame[]): boolean {
    const queue = this.#queue;
    if (this.#lost && !this.#find()) return false;
    const end = headerEnd(queue.bytes);
    if (end === undefined) {
      if (queue.length <= MAX_HEADER) return false;
      out.push(dapProblem('dap-header-too-long', {}, { limit: MAX_HEADER }));
      queue.drop(1);
      this.#lost = true;
      return true;
    }
    const length = lengthOf(ascii(queue.bytes.subarray(0, end)));
    if (length === undefined) {
      out.push(dapProblem('dap-no-length'));
      // A header may begin in the middle of what is none: the length of the message before it was wrong.
      const begin = indexOfName(queue.bytes.subarray(1, end));
      queue.drop(begin < 0 ? end : begin + 1);
      return queue.length > 0;
    }
    queue.drop(end);
    if (length > MAX_MESSAGE) {
      out.push(dapProblem('dap-too-long', {}, { length, limit: MAX_MESSAGE }));
      this.#skip = length;
    } else this.#length = length;
    return true;
  }

  /** Drops bytes up to the next header; false when there is none. */
  #find(): boolean {
    const queue = this.#queue;
    const begin = indexOfName(queue.bytes);
    queue.drop(begin < 0 ? Math.max(0, queue.length - NAME.length) : begin);
    this.#lost = begin < 0;
    return !this.#lost;
  }
}

const CR = 13;
const LF = 10;

/** Behind the empty line that ends a header. */
function headerEnd(bytes: Uint8Array): number | undefined {
  const to = Math.min(bytes.length, MAX_HEADER + 4);
  for (let i = 3; i < to; i++) {
    if (bytes[i] === LF && bytes[i - 1] === CR && bytes[i - 2] === LF && bytes[i - 3] === CR) return i + 1;
  }
  return undefined;
}

const ascii = (bytes: Uint8Array): string => Array.from(bytes, (b) => String.fromCharCode(b)).join('');

/** Where `Content-Length` begins, in any case; -1 where it does not occur. */
function indexOfName(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x43); at >= 0; at = bytes.indexOf(0x43, at + 1)) {
    if (ascii(bytes.subarray(at, at + NAME.length)).toLowerCase() === NAME) return at;
  }
  return -1;
}

/** The length that a header gives; other fields are passed over. */
function lengthOf(header: string): number | undefined {
  let length: number | undefined;
  for (const line of header.split('\r\n')) {
    if (line === '') continue;
    const [, name, value] = /^([\w-]+)[ \t]*:[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) return undefined;
    if (name.toLowerCase() !== NAME) continue;
    if (!/^\d{1,15}$/.test(value!)) return undefined;
    length = Number(value);
  }
  return length;
}

const encoder = new TextEncoder();

/** A message with its header. */
export function frameOf(message: unknown): Uint8Array {
  const body = encoder.encode(JSON.stringify(message));
  const header = encoder.encode(`Content-Length: ${body.length}\r\n\r\n`);
  const bytes = new Uint8Array(header.length + body.length);
  bytes.set(header);
  bytes.set(body, header.length);
  return bytes;
}
