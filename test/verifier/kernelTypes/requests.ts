/** Programs about kernel types; `scripts/record-kernel-type-logs.ts` reads them too. */
import { attachRequests } from './attach.ts';
import { helperRequests } from './helpers.ts';
import { objectRequests } from './objects.ts';
import type { Requests } from './source.ts';

/** All of them by name. */
export function kernelTypeRequests(): Requests {
  return new Map([...attachRequests(), ...objectRequests(), ...helperRequests()]);
}
