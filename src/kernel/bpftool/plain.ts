/** Elements of maps without BTF as bpftool prints them: hexadecimal, on one line where they are short. */
import { ERRNOS } from '../../spec/errno.ts';
import type { Element, View } from './elements.ts';
import { cpuValue } from './elements.ts';

/** Bytes on one line, keys or values. */
const LINE = 16;
/** Bytes of key and value that share a line. */
const SHARED = 24;

/** Bytes in hex: two groups of eight on a line. */
export function hexLines(bytes: Uint8Array): string {
  let text = '';
  bytes.forEach((byte, i) => {
    const gap = i === 0 ? '' : i % LINE === 0 ? '\n' : i % (LINE / 2) === 0 ? '  ' : ' ';
    text += gap + byte.toString(16).padStart(2, '0');
  });
  return text;
}

/** What strerror(3) says. */
export function errnoText(errno: number): string {
  return (
    Object.values(ERRNOS).find((row) => row.number === Math.abs(errno))?.text ?? `Unknown error ${Math.abs(errno)}`
  );
}

/** `key: 01 02  value: …`, or names on lines of their own where `size`, what the right side takes, is long. */
function entry(view: View, key: Uint8Array, name: string, size: number, right: string): string {
  const broken = view.keySize > LINE || size > LINE;
  const shared = view.keySize + size <= SHARED && !broken;
  const gap = broken ? '\n' : ' ';
  const left = view.keySize === 0 ? '' : `key:${gap}${hexLines(key)}${shared ? '  ' : '\n'}`;
  return `${left}${name}:${gap}${right}\n`;
}

/** What stands for a value that a look-up refuses. */
function refused(view: View, errno: number): string {
  if (errno === -ERRNOS.ENOENT.number) return '<no entry>';
  if (errno === -ERRNOS.ENOSPC.number && view.type === 'reuseport_sockarray') return '<cannot read>';
  return errnoText(errno);
}

/** The text of one element. */
export function plainEntry(view: View, { key, value }: Element): string {
  if (typeof value === 'number') {
    const text = refused(view, value);
    return entry(view, key, 'value', text.length, text);
  }
  if (view.type.endsWith('_of_maps')) {
    const id = new DataView(value.buffer, value.byteOffset, value.length).getUint32(0, true);
    return entry(view, key, 'inner_map_id', view.valueSize, `${id} `);
  }
  if (!view.percpu) return entry(view, key, 'value', view.valueSize, hexLines(value));
  const gap = view.valueSize > LINE ? '\n' : ' ';
  const values = Array.from({ length: view.cpus }, (_, cpu) => {
    return `value (CPU ${`${cpu}`.padStart(2, '0')}):${gap}${hexLines(cpuValue(view, value, cpu))}\n`;
  });
  return `key:\n${hexLines(key)}\n${values.join('')}`;
}
