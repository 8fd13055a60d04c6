/** Verification of a BTF blob as BPF_BTF_LOAD does it. */
import { ERRNO } from '../../spec/errno.ts';
import { builtinBtf } from '../builtin.ts';
import { type Btf, parseBtf } from '../parse.ts';
import { btfCheckOwnership, btfParseStructMetas, type KernelBtfSource, type StructMetas } from '../record.ts';
import { checkHeader, checkStrings } from './header.ts';
import { BtfLog } from './log.ts';
import { checkAllMetas } from './meta.ts';
import type { BtfEnv, Errno } from './raw.ts';
import { checkAllTypes, Resolver } from './resolve.ts';
import { checkTypeTags } from './tags.ts';

const MAX_SIZE = 16 * 1024 * 1024;

/** A blob that loads, or the errno (positive) and the log of one that does not. */
export type BtfCheck =
  | { readonly errno: 0; readonly btf: Btf; readonly metas: StructMetas; readonly log: string }
  | { readonly errno: number; readonly btf: undefined; readonly log: string };

/** All checks in the kernel's order. @kernel btf_parse */
export function checkBtf(blob: Uint8Array, logLevel: number, kernel: KernelBtfSource = builtinBtf): BtfCheck {
  const log = new BtfLog(logLevel);
  const refused = (errno: number): BtfCheck => ({ errno, btf: undefined, log: log.text() });
  if (blob.length > MAX_SIZE) return refused(ERRNO.E2BIG);
  const err = checkAll(blob, log);
  if (err !== 0) return refused(-err);
  const parsed = parseBtf(blob);
  if (!parsed.ok) return refused(ERRNO.EINVAL);
  const btf = parsed.value;
  const metas = btfParseStructMetas(btf, kernel);
  if (typeof metas === 'number') return refused(-metas);
  for (const record of metas.values()) {
    const owned = btfCheckOwnership(record, metas);
    if (owned !== 0) return refused(-owned);
  }
  return { errno: 0, btf, metas, log: log.text() };
}

function checkAll(blob: Uint8Array, log: BtfLog): Errno {
  const sections = checkHeader(blob, log);
  if (typeof sections === 'number') return sections;
  const bad = checkStrings(blob, sections, log);
  if (bad) return bad;
  const { types, strings } = sections;
  const refuse = (text: string): Errno => {
    log.write(text);
    return -ERRNO.EINVAL;
  };
  if (sections.unaligned) return refuse('Unaligned type_off');
  if (types.len === 0) return refuse('No type found');
  const own = blob.subarray(strings.off, strings.off + strings.len);
  const env: BtfEnv = { log, strings: own, types: [undefined], resolving: false };
  return checkAllMetas(env, blob, sections) || checkAllTypes(new Resolver(env)) || checkTypeTags(env);
}
