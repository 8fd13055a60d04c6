/** A BTF blob under verification: sections, and types as they lie there, before anything about them is known. */
import type { BtfKind } from '../kinds.ts';
import { KIND_NAMES } from '../parse.ts';
import type { BtfLog } from './log.ts';

/** The 12 bytes that all types begin with, taken apart. */
export interface RawType {
  readonly id: number;
  readonly nameOff: number;
  readonly info: number;
  readonly kind: BtfKind;
  readonly vlen: number;
  readonly kflag: boolean;
  /** Size, or id of the type referred to. */
  readonly size: number;
  /** The word at an index behind the first 12 bytes. */
  word(index: number): number;
}

/** What the checks work with. */
export interface BtfEnv {
  readonly log: BtfLog;
  readonly strings: Uint8Array;
  /** By id; there is none at 0. */
  readonly types: (RawType | undefined)[];
  /** The first pass has ended. */
  resolving: boolean;
}

/** A negated errno, or 0. */
export type Errno = number;

const BASE = 12;
const VLEN_MASK = 0xffff;
const KIND_MASK = 0x1f;

export function rawType(view: DataView, at: number, id: number): RawType {
  const info = view.getUint32(at + 4, true);
  return {
    id,
    nameOff: view.getUint32(at, true),
    info,
    kind: KIND_NAMES.get((info >>> 24) & KIND_MASK) ?? 'int',
    vlen: info & VLEN_MASK,
    kflag: info >>> 31 === 1,
    size: view.getUint32(at + 8, true),
    word: (index) => view.getUint32(at + BASE + 4 * index, true),
  };
}

/** @kernel btf_name_offset_valid */
export const nameOffsetValid = (env: BtfEnv, offset: number): boolean => offset < env.strings.length;

const DECODER = new TextDecoder();

/** The string at an offset that is valid. */
function rawString(env: BtfEnv, offset: number): string {
  const end = env.strings.indexOf(0, offset);
  return DECODER.decode(env.strings.subarray(offset, end < 0 ? undefined : end));
}

/** A name as the log prints it. @kernel __btf_name_by_offset */
export function nameText(env: BtfEnv, offset: number): string {
  if (offset === 0) return '(anon)';
  return nameOffsetValid(env, offset) ? rawString(env, offset) : '(invalid-name-offset)';
}

/** KSYM_NAME_LEN. */
const MAX_NAME = 512;

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
/** The kernel's ctype is Latin-1's. */
const isAlpha = (c: number): boolean =>
  (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || (c >= 0xc0 && c !== 0xd7 && c !== 0xf7);
const isPrint = (c: number): boolean => (c >= 0x20 && c <= 0x7e) || c >= 0xa0;

function every(env: BtfEnv, offset: number, good: (c: number, first: boolean) => boolean): boolean {
  const { strings } = env;
  if (offset === 0 || !nameOffsetValid(env, offset) || strings[offset] === 0) return false;
  for (let i = 0; strings[offset + i] !== 0; i++) {
    if (i >= MAX_NAME || !good(strings[offset + i]!, i === 0)) return false;
  }
  return true;
}

/** Whether there is a name, and one that C or an assembler could have. @kernel btf_name_valid_identifier */
export function validIdentifier(env: BtfEnv, offset: number): boolean {
  return every(env, offset, (c, first) => isAlpha(c) || c === 0x5f || c === 0x2e || (!first && isDigit(c)));
}

/** @kernel btf_name_valid_section */
export function validSection(env: BtfEnv, offset: number): boolean {
  return every(env, offset, isPrint);
}
