import type { HelperName, HelperParams, HelperResult } from '../spec/helpers/params.ts';
import type { HelperEnv } from './env.ts';

/** What an implementation of a helper looks like: its row's parameters after the environment, its row's result. */
type Impl<N extends HelperName> = (env: HelperEnv, ...args: HelperParams<N>) => HelperResult<N>;

/** A themed table of implementations. */
export type ImplTable = { readonly [N in HelperName]?: Impl<N> };

export const ENOENT = 2;
export const E2BIG = 7;
export const ENOMEM = 12;
export const EACCES = 13;
export const EFAULT = 14;
export const ENODEV = 19;
export const EINVAL = 22;
export const ENOSPC = 28;
export const ERANGE = 34;
export const EPROTO = 71;
export const EBADMSG = 74;
export const EOPNOTSUPP = 95;
export const EAFNOSUPPORT = 97;
export const EALREADY = 114;
/** The kernel's own, unknown to user space's tables. */
export const ENOTSUPP = 524;

/** A u64 argument as one number: exact up to 2^53, which is all that flags are compared with. */
export function u64(lo: number, hi: number): number {
  return (hi >>> 0) * 2 ** 32 + (lo >>> 0);
}
