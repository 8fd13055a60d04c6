/** A zip file of given files: deflated, without dates and in order of their names, so that the same files give the same bytes. */
import { crc32, deflateRawSync } from 'node:zlib';

const VERSION = 20;
const DEFLATE = 8;
const UTF8 = 0x0800;
/** 1 January 1980, 0 o'clock: the first moment that the format knows. */
const DOS_DATE = 0x0021;
const MAX_16 = 0xffff;

function record(fields: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer {
  const out = Buffer.alloc(fields.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of fields) at = out.writeUIntLE(value, at, bytes);
  return out;
}

/** @throws RangeError when the files are more or larger than a plain zip holds */
export function zip(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const names = [...files.keys()].sort();
  if (names.length > MAX_16) throw new RangeError(`${names.length} files are more than a zip file holds`);
  for (const name of names) {
    const bytes = files.get(name)!;
    const packed = deflateRawSync(bytes, { level: 9 });
    const path = Buffer.from(name, 'utf8');
    const common = [
      [2, VERSION],
      [2, UTF8],
      [2, DEFLATE],
      [2, 0],
      [2, DOS_DATE],
      [4, crc32(bytes)],
      [4, packed.length],
      [4, bytes.length],
      [2, path.length],
      [2, 0],
    ] as const;
    const local = Buffer.concat([record([[4, 0x04034b50], ...common]), path, packed]);
    const central = record([[4, 0x02014b50], [2, VERSION], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]);
    parts.push(local);
    directory.push(central, path);
    offset += local.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = record([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, names.length],
    [2, names.length],
    [4, size],
    [4, offset],
    [2, 0],
  ]);
  return Buffer.concat([...parts, ...directory, end]);
}
