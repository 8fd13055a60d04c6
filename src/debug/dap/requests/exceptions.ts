/** What a stop at a fault, a verdict or a rejection is about. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { fail } from '../../../util/problem.ts';
import { done, launched, request } from '../desk.ts';
import { dapProblem } from '../messages.ts';

export const exceptionInfo = request<DebugProtocol.ExceptionInfoArguments, DebugProtocol.ExceptionInfoResponse>(
  'stopped',
  { need: { threadId: 'number' }, may: {} },
  (desk) => {
    const { exception } = launched(desk);
    return exception ? done(exception) : fail(dapProblem('dap-no-exception'));
  },
);
