/** Records of func_info, line_info and core_relo: any size from a least one on, as long as what is beyond it is zero. */
import type { Hex } from '../../spec/request.ts';
import { fromHex } from '../../util/hex.ts';

const MAX_REC_SIZE = 252;
const WORD = 4;

export interface InfoRecords {
  /** Size of a record as the request says. */
  readonly size: number;
  readonly count: number;
  /** The word at an offset of a record, 0 beyond the record's end. */
  u32(record: number, offset: number): number;
  /** Whether all bytes of a record from an offset on are zero. @kernel bpf_check_uarg_tail_zero */
  tailZero(record: number, from: number): boolean;
}

/** The records of a field; undefined when it is no hexadecimal text. What is left behind the last whole record is no record. */
export function infoRecords(hex: Hex | undefined, recSize: number | undefined, usual: number): InfoRecords | undefined {
  const bytes = fromHex(hex ?? '');
  if (!bytes) return undefined;
  const size = recSize || usual;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    size,
    count: Math.floor(bytes.length / size),
    u32: (record, offset) => (offset + WORD <= size ? view.getUint32(record * size + offset, true) : 0),
    tailZero: (record, from) => bytes.subarray(record * size + from, (record + 1) * size).every((b) => b === 0),
  };
}

export function badRecSize(size: number, least: number): boolean {
  return size < least || size > MAX_REC_SIZE || size % WORD !== 0;
}
