/** Who is called, and which argument is meant. */
import type { Finding } from './row.ts';

/** Helpers count their arguments from 1, kfuncs theirs from 0. */
export const argument = (f: Finding): number | undefined =>
  f.args.n === undefined ? undefined : Number(f.args.n) + (f.message.includes('helper arg') ? 0 : 1);

export const helperName = (f: Finding): string | undefined => f.args.name ?? f.helper;
