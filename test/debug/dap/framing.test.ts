import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameReader, frameOf, MAX_MESSAGE } from '../../../src/debug/dap/framing.ts';
import { problemText } from '../../../src/util/problem.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const message = (json: string): string => `Content-Length: ${bytesOf(json).length}\r\n\r\n${json}`;

/** What a reader gets out of chunks: texts of messages, problems in words. */
function read(chunks: readonly (string | Uint8Array)[], reader = new FrameReader()): string[] {
  return chunks.flatMap((chunk) =>
    reader
      .receive(typeof chunk === 'string' ? bytesOf(chunk) : chunk)
      .map((f) => (f instanceof Uint8Array ? new TextDecoder().decode(f) : `! ${problemText(f)}`)),
  );
}

describe('framing', () => {
  test('a frame reads back', () => {
    expect(read([frameOf({ seq: 1, text: 'grüße 🐝' })])).toEqual(['{"seq":1,"text":"grüße 🐝"}']);
  });

  test('chunks may be cut anywhere', () => {
    const bytes = bytesOf(['{"a":1}', '{"b":"🐝"}', '{}'].map(message).join(''));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const reader = new FrameReader();
        const out: string[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length]!;
          out.push(...read([bytes.subarray(at, at + size)], reader));
          at += size;
        }
        expect(out).toEqual(['{"a":1}', '{"b":"🐝"}', '{}']);
      }),
    );
  });

  test('other header fields and an empty message', () => {
    expect(read(['Content-Type: application/x\r\ncontent-length:2\r\n\r\n{}Content-Length: 0\r\n\r\n'])).toEqual([
      '{}',
      '',
    ]);
  });

  const NO_LENGTH = "! a message header without 'Content-Length: N' was dropped";

  test.each([
    ['no length', 'Content-Type: x\r\n\r\n'],
    ['no number', 'Content-Length: ten\r\n\r\n'],
    ['a negative number', 'Content-Length: -2\r\n\r\n'],
    ['no field', 'hello\r\n\r\n'],
    ['no field, then a length', 'hello\r\nContent-Type: 3\r\n\r\n'],
    ['a length beyond all numbers', `Content-Length: ${'9'.repeat(40)}\r\n\r\n`],
  ])('a header with %s is dropped, and the next one read', (_, header) => {
    expect(read([header, message('{"seq":1}')])).toEqual([NO_LENGTH, '{"seq":1}']);
  });

  test('a message behind rubbish is found, also in one header with it', () => {
    expect(read([`rubbish ${message('{}')}`])).toEqual([NO_LENGTH, '{}']);
    // The length before it was too short.
    expect(read(['Content-Length: 3\r\n\r\n{"a":1}', message('{}')])).toEqual(['{"a', NO_LENGTH, '{}']);
  });

  test('rubbish without an end is not kept', () => {
    const reader = new FrameReader();
    const said = Array.from({ length: 1000 }, () => read(['x'.repeat(5000)], reader)).flat();
    expect(said).toEqual(['! more than 4096 bytes without the end of a message header; dropped']);
    expect(read([message('{}')], reader)).toEqual(['{}']);
  });

  test('a message that is too long is passed over', () => {
    const length = 3 * MAX_MESSAGE + 17;
    const chunk = new Uint8Array(MAX_MESSAGE).fill(0x20);
    const chunks = [`Content-Length: ${length}\r\n\r\n`, chunk, chunk, chunk, ' '.repeat(17), message('{}')];
    expect(read(chunks)).toEqual([`! a message of ${length} bytes was dropped; the limit is ${MAX_MESSAGE}`, '{}']);
    expect(read([`Content-Length: ${length}\r\n\r\n${' '.repeat(length)}${message('{}')}`])).toHaveLength(2);
  });

  test('any bytes, and the next message is read', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (chunks) => {
        const reader = new FrameReader();
        read(chunks, reader);
        // An announced message may swallow the first ones.
        const after = read(
          Array.from({ length: 200 }, () => message('{"end":true}')),
          reader,
        );
        expect(after.at(-1)).toBe('{"end":true}');
      }),
    );
  });
});
