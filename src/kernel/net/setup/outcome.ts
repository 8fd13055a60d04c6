import type { Family, NetNs } from '../../../net/route/netns.ts';

/**
 * What a command did: the namespace afterwards, the (negative) errno that the kernel refuses it with, or, as a text, why
 * it is not understood.
 */
export type Outcome = NetNs | number | string;

/** A command after its name. `family` is that of `ip -4` and `ip -6`. */
export type Interpreter = (net: NetNs, words: readonly string[], family: Family | undefined) => Outcome;

export const notUnderstood = (word: string): string => `'${word}' is not understood`;
