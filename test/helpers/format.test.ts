import { describe, expect, it } from 'vitest';
import { formatBpf } from '../../src/helpers/format.ts';
import { Arena } from '../../src/mem/arena.ts';

/** A format, given -1, 1 and 2, and what bpf_trace_printk returned for it on Linux 6.12.117. */
const MEASURED: readonly (readonly [string, number])[] = [
  ['%d \x80', 4],
  ['%%\x80', 2],
  ['\xe9', 1],
  ['\x7f', -22],
  ['\x01', -22],
  ['%s\x80', -22],
  ['%s\xa1', 1],
  ['%s\xc0', -22],
  ['%px\xc0Z', 16],
  ['%px\xd7Z', 18],
  ['%pI4Z', 7],
  ['%p', 16],
  ['%020p|', 21],
  ['%-300d|', 301],
  ['%99999d', 99999],
  ['%8388607d', 8388607],
  ['%8388608d|', 3],
  ['%16777217d|', 3],
  ['%4294967301d|', 6],
  ['%2147483648d|', 3],
  ['%hhd', -22],
  ['%d %d %d %d', -22],
  ['%pI4%pi6', 39],
  ['%pB', 18],
  ['%5', -22],
];

describe('formats', () => {
  it.each(MEASURED)('%j', (format, expected) => {
    const arena = new Arena();
    const made = arena.alloc({ kind: 'memory', size: 128 });
    if (!made.ok) throw new Error('no memory');
    arena.put(
      made.value,
      Uint8Array.from(`${format}\0`, (c) => c.charCodeAt(0)),
    );
    const args = [
      [-1, -1],
      [1, 0],
      [2, 0],
    ] as const;
    const text = formatBpf(arena, made.value, format.length + 1, args, 1024);
    expect(typeof text === 'number' ? text : text.length).toBe(expected);
  });
});
