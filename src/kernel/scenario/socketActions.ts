/** Actions of applications on their sockets. */
import type { Perform } from './actions.ts';
import { scenarioProblem } from './messages.ts';
import type { Step } from './model.ts';
import type { Stage } from './stage.ts';

type SocketAction = 'open' | 'connect' | 'send' | 'close' | 'abort';

const later = ((stage: Stage, _: unknown, step: Step) => [
  () => stage.fail(scenarioProblem('unsupported', {}, { path: step.path, what: 'sockets' })),
]) as Perform<SocketAction> &
  Perform<'open'> &
  Perform<'connect'> &
  Perform<'send'> &
  Perform<'close'> &
  Perform<'abort'>;

export const socketActions: { readonly [K in SocketAction]: Perform<K> } = {
  open: later,
  connect: later,
  send: later,
  close: later,
  abort: later,
};
