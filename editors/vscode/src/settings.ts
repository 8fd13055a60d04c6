import { workspace } from 'vscode';
import type { Bpflab } from './child.ts';
import { bpflabAt } from './child.ts';

/** The bpflab that the settings name. */
export function chosenBpflab(extension: string): Bpflab {
  const settings = workspace.getConfiguration('bpflab');
  return bpflabAt(extension, settings.get('path', ''), settings.get('node', ''));
}

export const verifies = (): boolean => workspace.getConfiguration('bpflab').get('verify', true);
/** Seconds. */
export const verifyTimeout = (): number =>
  Math.min(600, Math.max(1, workspace.getConfiguration('bpflab').get('verifyTimeout', 30)));
