/** The scopes of a frame, in the order in which they are shown. */
import type { View } from '../../view.ts';
import type { Debuggee } from '../debuggee.ts';
import type { Children } from '../variables.ts';
import { context } from './context.ts';
import { maps } from './maps.ts';
import { packet } from './packet.ts';
import { held } from './references.ts';
import { registers } from './registers.ts';
import { run } from './run.ts';
import { stack } from './stack.ts';
import { verifier } from './verifier.ts';

/** The moment and the frame that is looked at. */
export interface Look {
  readonly debuggee: Debuggee;
  readonly view: View;
  /** Of the frame; undefined where nothing runs. */
  readonly depth: number | undefined;
}

/** One scope. */
export interface ScopeRow {
  readonly name: string;
  /** What the client may know it for. */
  readonly hint?: string;
  /** The client waits until it is opened. */
  readonly expensive: boolean;
  /** What is in it; undefined where there is nothing of the kind. */
  readonly children: (look: Look) => Children | undefined;
}

export function lookAt(debuggee: Debuggee, depth: number | undefined): Look {
  return { debuggee, view: debuggee.session.view(depth), depth };
}

export const SCOPES: readonly ScopeRow[] = [
  { name: 'Registers', hint: 'registers', expensive: false, children: registers },
  { name: 'Stack', hint: 'locals', expensive: false, children: stack },
  { name: 'Packet', expensive: false, children: packet },
  { name: 'Context', hint: 'arguments', expensive: false, children: context },
  { name: 'Maps', expensive: true, children: maps },
  { name: 'References', expensive: false, children: held },
  { name: 'Verifier', expensive: true, children: verifier },
  { name: 'Moment', expensive: false, children: run },
];
