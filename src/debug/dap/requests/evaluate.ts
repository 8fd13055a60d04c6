/** Expressions: looked at, set, completed. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { fail } from '../../../util/problem.ts';
import { evaluate as evaluateExpr, formatValue, parseExpr } from '../../expr/index.ts';
import { done, launched, request } from '../desk.ts';
import { dapProblem } from '../messages.ts';
import { FORMAT } from './stack.ts';

export const evaluate = request<DebugProtocol.EvaluateArguments, DebugProtocol.EvaluateResponse>(
  'stopped',
  {
    need: { expression: 'string' },
    may: { frameId: 'number', context: 'string', format: FORMAT },
  },
  (desk, { expression, frameId }) => {
    const debuggee = launched(desk);
    const frame = frameId === undefined ? undefined : debuggee.frames.get(frameId);
    if (frame && !frame.ok) return frame;
    const expr = parseExpr(expression);
    if (!expr.ok) return expr;
    const value = evaluateExpr(expr.value, debuggee.session.view(frame?.value.depth));
    if (!value.ok) return value;
    return done({ result: formatValue(value.value), variablesReference: 0 });
  },
);

export const setExpression = request<DebugProtocol.SetExpressionArguments, DebugProtocol.SetExpressionResponse>(
  'stopped',
  { need: { expression: 'string', value: 'string' }, may: { frameId: 'number', format: FORMAT } },
  (_desk, { expression }) => fail(dapProblem('dap-read-only', {}, { name: expression })),
);

export const completions = request<DebugProtocol.CompletionsArguments, DebugProtocol.CompletionsResponse>(
  'stopped',
  { need: { text: 'string', column: 'number' }, may: { frameId: 'number', line: 'number' } },
  () => done({ targets: [] }),
);
