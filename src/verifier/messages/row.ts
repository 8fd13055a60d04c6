/** The shape of a message. */
import type { ErrnoName } from '../../spec/errno.ts';

export interface VerifierMessage {
  readonly errno: ErrnoName;
  /** `{name}` stands for an argument. */
  readonly text: string;
  /** The kernel prints it without a line feed. */
  readonly open?: true;
}

export const m = (errno: ErrnoName, text: string): VerifierMessage => ({ errno, text });
export const open = (errno: ErrnoName, text: string): VerifierMessage => ({ errno, text, open: true });
