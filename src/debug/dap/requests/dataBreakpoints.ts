/** Breakpoints on data: what can be watched, and watching it. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { fail, problemText } from '../../../util/problem.ts';
import { parseExpr } from '../../expr/index.ts';
import { bytesExpr } from '../../session/watch.ts';
import type { Wish } from '../breakpoints.ts';
import { done, launched, request } from '../desk.ts';
import { dapProblem } from '../messages.ts';
import { fields, listOf } from '../shape.ts';
import { addressOf, childNamed, referenceOf, type Var } from '../variables.ts';
import { specOf } from './breakpoints.ts';

export const setDataBreakpoints = request<
  DebugProtocol.SetDataBreakpointsArguments,
  DebugProtocol.SetDataBreakpointsResponse
>(
  'client',
  {
    need: {
      breakpoints: listOf(
        fields<DebugProtocol.DataBreakpoint>({
          need: { dataId: 'string' },
          may: { condition: 'string', hitCondition: 'string' },
        }),
        1000,
      ),
    },
    may: {},
  },
  ({ book }, { breakpoints }) => {
    const wishes = breakpoints.map(({ dataId, ...when }): Wish => {
      return () => ({ spec: specOf({ kind: 'watch', expr: dataId }, when) });
    });
    return done({ breakpoints: book.replace('data', 'data', wishes) });
  },
);

/** Largest range of bytes that is watched. */
const MAX_BYTES = 4096;

type DataInfo = DebugProtocol.DataBreakpointInfoResponse['body'];

const noData = (description: string): DataInfo => ({ dataId: null, description });
const writesTo = (dataId: string, description: string, canPersist: boolean): DataInfo => ({
  dataId,
  description,
  accessTypes: ['write'],
  canPersist,
});

function dataOf(found: Var): DataInfo {
  if (found.watch === undefined) return noData(`${found.name} is not written by programs`);
  return writesTo(found.watch, found.watch, !found.watch.includes('*('));
}

export const dataBreakpointInfo = request<
  DebugProtocol.DataBreakpointInfoArguments,
  DebugProtocol.DataBreakpointInfoResponse
>(
  'stopped',
  {
    need: { name: 'string' },
    may: { variablesReference: 'number', frameId: 'number', bytes: 'number', asAddress: 'boolean' },
  },
  (desk, { name, variablesReference, bytes, asAddress }) => {
    const debuggee = launched(desk);
    if (bytes !== undefined && (bytes < 1 || bytes > MAX_BYTES)) {
      return done(noData(`between 1 and ${MAX_BYTES} bytes can be watched`));
    }
    if (asAddress) {
      const address = addressOf(name);
      if (address === undefined) return fail(dapProblem('dap-memory-reference', {}, { reference: name }));
      const size = bytes ?? 1;
      return done(writesTo(bytesExpr(address, size), `${size} bytes at ${referenceOf(address)}`, false));
    }
    if (variablesReference !== undefined && variablesReference > 0) {
      const children = debuggee.variables.get(variablesReference);
      if (!children.ok) return children;
      const found = childNamed(children.value, name);
      if (!found) return fail(dapProblem('dap-no-variable', {}, { name }));
      if (bytes !== undefined && found.address !== undefined && found.watch !== undefined) {
        return done(writesTo(bytesExpr(found.address, bytes), `${bytes} bytes at ${name}`, false));
      }
      return done(dataOf(found));
    }
    const expr = parseExpr(name);
    return done(expr.ok ? writesTo(name, name, true) : noData(`${name}: ${expr.problems.map(problemText).join('; ')}`));
  },
);
