import { ERRNO } from '../spec/errno.ts';
import type { HelperName, HelperParams, HelperResult } from '../spec/helpers/params.ts';
import type { HelperEnv } from './env.ts';

/** What an implementation of a helper looks like: its row's parameters after the environment, its row's result. */
type Impl<N extends HelperName> = (env: HelperEnv, ...args: HelperParams<N>) => HelperResult<N>;

/** A themed table of implementations. */
export type ImplTable = { readonly [N in HelperName]?: Impl<N> };

export const {
  EPERM,
  ENOENT,
  E2BIG,
  EAGAIN,
  ENOMEM,
  EACCES,
  EFAULT,
  ENODEV,
  EINVAL,
  ENOSPC,
  ENODATA,
  ENOMSG,
  ERANGE,
  EPROTO,
  EBADMSG,
  EOPNOTSUPP,
  EAFNOSUPPORT,
  EHOSTUNREACH,
  EALREADY,
  EBADFD,
  EBUSY,
  EEXIST,
  ENOPROTOOPT,
  EPROTONOSUPPORT,
  EPROTOTYPE,
  ESOCKTNOSUPPORT,
  ENOTSUPP,
} = ERRNO;

/** A u64 argument as one number: exact up to 2^53, which is all that flags are compared with. */
export function u64(lo: number, hi: number): number {
  return (hi >>> 0) * 2 ** 32 + (lo >>> 0);
}
