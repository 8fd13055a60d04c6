/** What is looked at in a stop: the thread, its frames, their scopes and the values in them. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { fail } from '../../../util/problem.ts';
import type { ProgSymbols } from '../../symbols.ts';
import type { Debuggee } from '../debuggee.ts';
import { done, finished, launched, request } from '../desk.ts';
import { dapProblem } from '../messages.ts';
import { lookAt, SCOPES } from '../scopes/index.ts';
import { fields, oneOf, type Shape } from '../shape.ts';
import { textAddress } from '../sources.ts';
import { THREAD } from '../stops.ts';
import { childNamed, namedChildren, pageOf, referenceOf, variableOf } from '../variables.ts';

const FORMAT_SHAPE: Shape<DebugProtocol.ValueFormat> = { need: {}, may: { hex: 'boolean' } };
export const FORMAT = fields(FORMAT_SHAPE);

export const threads = request<object, DebugProtocol.ThreadsResponse>(
  'client',
  { need: {}, may: {} },
  ({ debuggee }) => {
    const progs = debuggee?.session.symbols.progs.map((p) => p.name) ?? [];
    return done({ threads: [{ id: THREAD, name: progs.length === 0 ? 'nothing' : progs.slice(0, 3).join(', ') }] });
  },
);

/** One frame before it has a number. */
interface FrameDraft {
  readonly depth: number | undefined;
  readonly name: string;
  readonly prog?: ProgSymbols;
  readonly slot?: number;
}

/** The frames of now; of a stop in which nothing runs one that says so. */
function framesNow({ session, rejection }: Debuggee): readonly FrameDraft[] {
  if (rejection) {
    const prog = session.symbols.progs[rejection.index];
    const slot = rejection.slot ?? 0;
    return [{ depth: undefined, name: `${rejection.prog} (rejected)`, ...(prog?.insns[slot] && { prog, slot }) }];
  }
  const frames = session.frames().map(({ depth, func, progId, slot, via }): FrameDraft => {
    const prog = session.symbols.prog(progId);
    const name = `${func.name}${slot === func.slot ? '' : `+${slot - func.slot}`}${via === undefined ? '' : ` (${via})`}`;
    return { depth, name, slot, ...(prog && { prog }) };
  });
  if (frames.length > 0) return frames;
  return [{ depth: undefined, name: session.over ? 'the end' : 'between packets' }];
}

export const stackTrace = request<DebugProtocol.StackTraceArguments, DebugProtocol.StackTraceResponse>(
  'stopped',
  {
    need: { threadId: 'number' },
    may: {
      startFrame: 'number',
      levels: 'number',
      format: fields<DebugProtocol.StackFrameFormat>({
        need: {},
        may: { hex: 'boolean', module: 'boolean', line: 'boolean' },
      }),
    },
  },
  (desk, { startFrame = 0, levels = 0, format }) => {
    const debuggee = launched(desk);
    const all = framesNow(debuggee);
    const from = Math.max(startFrame, 0);
    const wanted = all.slice(from, levels > 0 ? from + levels : undefined);
    const stackFrames = wanted.map(({ depth, name, prog, slot }): DebugProtocol.StackFrame => {
      const id = debuggee.frames.add({ depth });
      if (!prog || slot === undefined) return { id, name, line: 0, column: 0, presentationHint: 'label' };
      const place = debuggee.sources.placeOf(prog, slot);
      const module = format?.module ? `${prog.name}!` : '';
      const line = format?.line ? `, line ${place.line}` : '';
      return {
        id,
        name: `${module}${name}${line}`,
        ...place,
        instructionPointerReference: referenceOf(textAddress(prog, slot)),
        moduleId: prog.prog.id,
        canRestart: depth !== undefined,
      };
    });
    return done({ stackFrames, totalFrames: all.length });
  },
);

export const scopes = request<DebugProtocol.ScopesArguments, DebugProtocol.ScopesResponse>(
  'stopped',
  { need: { frameId: 'number' }, may: {} },
  (desk, { frameId }) => {
    const debuggee = launched(desk);
    const frame = debuggee.frames.get(frameId);
    if (!frame.ok) return frame;
    const look = lookAt(debuggee, frame.value.depth);
    const found = SCOPES.flatMap(({ name, hint, expensive, children }): DebugProtocol.Scope[] => {
      const inside = children(look);
      if (!inside) return [];
      const scope = { name, expensive, variablesReference: debuggee.variables.add(inside) };
      return [
        {
          ...scope,
          ...(hint !== undefined && { presentationHint: hint }),
          ...(inside.indexed && { indexedVariables: inside.indexed.count }),
        },
      ];
    });
    return done({ scopes: found });
  },
);

export const variables = request<DebugProtocol.VariablesArguments, DebugProtocol.VariablesResponse>(
  'stopped',
  {
    need: { variablesReference: 'number' },
    may: { filter: oneOf('indexed', 'named'), start: 'number', count: 'number', format: FORMAT },
  },
  async (desk, args) => {
    const debuggee = launched(desk);
    const children = debuggee.variables.get(args.variablesReference);
    if (!children.ok) return children;
    if (children.value.work) {
      const worked = await finished(desk, children.value.work());
      if (!worked.ok) return worked;
      const now = { client: desk.client, handles: debuggee.variables, hex: args.format?.hex === true };
      const page = pageOf(
        namedChildren(() => worked.value),
        args,
        true,
      );
      return done({ variables: page.map((v) => variableOf(v, now)) });
    }
    const shown = { client: desk.client, handles: debuggee.variables, hex: args.format?.hex === true };
    const page = pageOf(children.value, args, desk.client.can('supportsVariablePaging'));
    return done({ variables: page.map((v) => variableOf(v, shown)) });
  },
);

export const setVariable = request<DebugProtocol.SetVariableArguments, DebugProtocol.SetVariableResponse>(
  'stopped',
  { need: { variablesReference: 'number', name: 'string', value: 'string' }, may: { format: FORMAT } },
  (desk, { variablesReference, name, value, format }) => {
    const debuggee = launched(desk);
    const children = debuggee.variables.get(variablesReference);
    if (!children.ok) return children;
    const found = childNamed(children.value, name);
    if (!found) return fail(dapProblem('dap-no-variable', {}, { name }));
    if (!found.set) return fail(dapProblem('dap-read-only', {}, { name }));
    const edit = found.set(value);
    if (!edit.ok) return edit;
    const edited = debuggee.edit(edit.value);
    if (!edited.ok) return edited;
    const shown = { client: desk.client, handles: debuggee.variables, hex: format?.hex === true };
    const now = childNamed(children.value, name) ?? found;
    const { value: text, variablesReference: inside, type, memoryReference } = variableOf(now, shown);
    const body = {
      value: text,
      variablesReference: inside,
      ...(type !== undefined && { type }),
      ...(memoryReference !== undefined && { memoryReference }),
    };
    return done(body, () => debuggee.edited(edit.value));
  },
);
