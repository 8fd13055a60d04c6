/** A blob's header and where its sections lie. */
import { ERRNO } from '../../spec/errno.ts';
import { BTF_MAGIC } from '../kinds.ts';
import type { BtfLog } from './log.ts';
import type { Errno } from './raw.ts';

/** What all headers reach to: their own length. */
const LEAST = 8;
const HEADER = 24;
const VERSION = 1;
const MAX_NAME_OFFSET = 0xffffff;

interface Section {
  readonly off: number;
  readonly len: number;
}

/** Where types and strings lie, in bytes from the blob's start. */
export interface Sections {
  readonly types: Section;
  readonly strings: Section;
  /** Types do not begin at a multiple of 4 bytes behind the header. */
  readonly unaligned: boolean;
}

/** Sections follow one another without gaps up to the end. @kernel btf_check_sec_info */
function checkSections(list: readonly Section[], total: number): string | undefined {
  const sorted = [...list].sort((a, b) => (a.off - b.off) | 0 || (a.len - b.len) | 0);
  let at = 0;
  for (const { off, len } of sorted) {
    if (total < off) return 'Invalid section offset';
    if (at < off) return 'Unsupported section found';
    if (at > off) return 'Section overlap found';
    if (total - at < len) return 'Total section length too long';
    at += len;
  }
  return at === total ? undefined : 'Unsupported section found';
}

/** @kernel btf_parse_hdr */
export function checkHeader(blob: Uint8Array, log: BtfLog): Sections | Errno {
  const refuse = (text: string, errno: number = ERRNO.EINVAL): Errno => {
    log.write(text);
    return -errno;
  };
  const size = blob.length;
  if (size < LEAST) return refuse('hdr_len not found');
  const own = new DataView(blob.buffer, blob.byteOffset, size).getUint32(4, true);
  if (size < own) return refuse('btf_header not found');
  if (blob.subarray(HEADER, own).some((b) => b !== 0)) return refuse('Unsupported btf_header', ERRNO.E2BIG);
  // A shorter header is filled with zeros.
  const known = new Uint8Array(HEADER);
  known.set(blob.subarray(0, Math.min(own, HEADER)));
  const view = new DataView(known.buffer);
  const [magic, version, flags, header] = [view.getUint16(0, true), known[2]!, known[3]!, view.getUint32(4, true)];
  const types = { off: view.getUint32(8, true), len: view.getUint32(12, true) };
  const strings = { off: view.getUint32(16, true), len: view.getUint32(20, true) };
  log.write(`magic: 0x${magic.toString(16)}\nversion: ${version}\nflags: 0x${flags.toString(16)}\n`);
  log.write(`hdr_len: ${header}\ntype_off: ${types.off}\ntype_len: ${types.len}\n`);
  log.write(`str_off: ${strings.off}\nstr_len: ${strings.len}\nbtf_total_size: ${size}\n`);
  if (magic !== BTF_MAGIC) return refuse('Invalid magic');
  if (version !== VERSION) return refuse('Unsupported version', ERRNO.ENOTSUPP);
  if (flags !== 0) return refuse('Unsupported flags', ERRNO.ENOTSUPP);
  if (size === header) return refuse('No data');
  const bad = checkSections([types, strings], size - header);
  if (bad !== undefined) return refuse(bad);
  return {
    types: { off: header + types.off, len: types.len },
    strings: { off: header + strings.off, len: strings.len },
    unaligned: types.off % 4 !== 0,
  };
}

/** @kernel btf_parse_str_sec */
export function checkStrings(blob: Uint8Array, { strings }: Sections, log: BtfLog): Errno {
  const { off, len } = strings;
  const bad =
    off + len !== blob.length
      ? 'String section is not at the end'
      : len === 0 || len - 1 > MAX_NAME_OFFSET || blob[off + len - 1] !== 0 || blob[off] !== 0
        ? 'Invalid string section'
        : undefined;
  if (bad === undefined) return 0;
  log.write(bad);
  return -ERRNO.EINVAL;
}
