/** The shape of a message. */
import type { ErrnoName } from '../../spec/errno.ts';

export interface VerifierMessage {
  readonly errno: ErrnoName;
  /** `{name}` stands for an argument. */
  readonly text: string;
}

export const m = (errno: ErrnoName, text: string): VerifierMessage => ({ errno, text });
