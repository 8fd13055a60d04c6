/** Expressions: looked at, set, completed; in the console also the debugger's commands. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { PROTOCOLS } from '../../../net/proto/protocols.ts';
import type { Result } from '../../../util/problem.ts';
import { fail, ok } from '../../../util/problem.ts';
import type { Reply } from '../../commands/row.ts';
import { COMMANDS } from '../../commands/shell.ts';
import { findCommand, splitLine } from '../../commands/words.ts';
import { contextFields } from '../../expr/contextFields.ts';
import { assignment } from '../../expr/index.ts';
import { isLayer, layerFields } from '../../expr/packetFields.ts';
import type { View } from '../../view.ts';
import type { Debuggee } from '../debuggee.ts';
import { type Desk, type Done, done, finished, launched, request } from '../desk.ts';
import { exprVar } from '../exprVars.ts';
import { dapProblem } from '../messages.ts';
import { variableOf } from '../variables.ts';
import { FORMAT } from './stack.ts';

type EvaluateBody = DebugProtocol.EvaluateResponse['body'];

/** The frame that a number stands for; the innermost without one. */
function viewAt(debuggee: Debuggee, frameId: number | undefined): Result<View> {
  if (frameId === undefined) return ok(debuggee.session.view());
  const frame = debuggee.frames.get(frameId);
  return frame.ok ? ok(debuggee.session.view(frame.value.depth)) : frame;
}

/** An expression that the client shows in full: the clipboard's copy is not cut. */
function evaluated(desk: Desk, text: string, view: View, hex: boolean): Result<EvaluateBody> {
  const found = exprVar(text, text, view);
  if (!found.ok) return found;
  const {
    value,
    name: _,
    evaluateName: __,
    ...rest
  } = variableOf(found.value, {
    client: desk.client,
    handles: launched(desk).variables,
    hex,
  });
  return ok({ result: value, ...rest });
}

/** A line of the console that is no expression: a command, in slices. */
async function command(desk: Desk, line: string): Promise<Result<Done<EvaluateBody>>> {
  const debuggee = launched(desk);
  const { session, shell } = debuggee;
  const edits = session.edits.length;
  const { tick, stop } = session;
  const worked = await finished(desk, replyTo(debuggee, line));
  if (!worked.ok) return worked;
  const { lines, failed, quit, moved } = worked.value;
  if (session.edits.length !== edits) debuggee.outputs.edited();
  if (failed) return fail(dapProblem('dap-command', {}, { text: lines.join('\n').replace(/^error: /, '') }));
  const body = { result: lines.join('\n'), variablesReference: 0 };
  return done(body, () => {
    if (quit) debuggee.end(0);
    // A second `stopped` at the same place would take the client's focus away from its console.
    else if (session.tick !== tick || (session.stop !== stop && session.stop.reason !== 'edit')) debuggee.moved();
    else if (moved) debuggee.outdated();
    shell.selectFrame(undefined);
  });
}

function* replyTo({ shell }: Debuggee, line: string): Generator<undefined, Reply> {
  const running = shell.begin(line);
  let ended = false;
  try {
    for (;;) {
      const reply = running.advance();
      ended = reply !== undefined;
      if (reply) return reply;
      yield;
    }
  } finally {
    if (!ended) running.pause();
  }
}

const isCommand = (line: string): boolean => {
  const { word } = splitLine(line);
  return word !== '' && findCommand(COMMANDS, word).ok;
};

export const evaluate = request<DebugProtocol.EvaluateArguments, DebugProtocol.EvaluateResponse>(
  'stopped',
  {
    need: { expression: 'string' },
    may: { frameId: 'number', context: 'string', format: FORMAT },
  },
  (desk, { expression, frameId, context, format }) => {
    const debuggee = launched(desk);
    const view = viewAt(debuggee, frameId);
    if (!view.ok) return view;
    const value = evaluated(desk, expression, view.value, format?.hex === true);
    if (value.ok) return done(value.value);
    if (context !== 'repl' || debuggee.rejection || !isCommand(expression)) return value;
    debuggee.shell.selectFrame(view.value.machine && frameId !== undefined ? view.value.depth : undefined);
    return command(desk, expression);
  },
);

export const setExpression = request<DebugProtocol.SetExpressionArguments, DebugProtocol.SetExpressionResponse>(
  'stopped',
  { need: { expression: 'string', value: 'string' }, may: { frameId: 'number', format: FORMAT } },
  (desk, { expression, value, frameId, format }) => {
    const debuggee = launched(desk);
    const view = viewAt(debuggee, frameId);
    if (!view.ok) return view;
    const edit = assignment(expression, value, view.value);
    if (!edit.ok) return edit;
    const edited = debuggee.edit(edit.value);
    if (!edited.ok) return edited;
    const now = evaluated(desk, expression, debuggee.session.view(view.value.depth), format?.hex === true);
    if (!now.ok) return now;
    const { result, variablesReference, type, memoryReference } = now.value;
    const body = {
      value: result,
      variablesReference,
      ...(type !== undefined && { type }),
      ...(memoryReference !== undefined && { memoryReference }),
    };
    return done(body, () => debuggee.edited(edit.value));
  },
);

/** Completions that are told. */
const MOST = 200;

/** Words of expressions: registers, headers, maps. */
function words({ session }: Debuggee): string[] {
  const registers = Array.from({ length: 11 }, (_, i) => `r${i}`);
  const maps = session.kernel.world.maps.map((m) => m.name);
  return [...registers, 'fp', 'pkt', 'ctx', 'mem', ...Object.keys(PROTOCOLS), ...maps];
}

export const completions = request<DebugProtocol.CompletionsArguments, DebugProtocol.CompletionsResponse>(
  'stopped',
  { need: { text: 'string', column: 'number' }, may: { frameId: 'number', line: 'number' } },
  (desk, { text, column, line }) => {
    const debuggee = launched(desk);
    const row = text.split('\n')[desk.client.lineIn(line ?? 1) - 1] ?? text;
    const before = row.slice(0, Math.max(desk.client.columnIn(column) - 1, 0)).slice(-1000);
    const word = /[\w.$:*-]*$/.exec(before)![0];
    const ofExpr = words(debuggee).filter((w) => w.startsWith(word));
    const member = /^(.*)(?:\.|->)(\w*)$/s.exec(before);
    const members = member ? memberCompletions(debuggee, member[1]!, member[2]!) : [];
    const ofCommands = debuggee.shell.complete(before).filter((w) => w.startsWith(word));
    const last = member ? member[2]! : word;
    const labels = member && members.length > 0 ? members : [...new Set([...ofExpr, ...ofCommands])];
    const start = before.length - last.length;
    const targets = labels.slice(0, MOST).map(
      (label): DebugProtocol.CompletionItem => ({
        label,
        start: desk.client.columnOut(start + 1),
        length: last.length,
      }),
    );
    return done({ targets });
  },
);

/** Fields of headers and of the context. */
function fieldsOf(word: string, { session }: Debuggee): readonly string[] {
  if (isLayer(word)) return layerFields(word);
  const struct = session.view().machine?.prog.ctxStruct;
  return word === 'ctx' && struct !== undefined ? contextFields(struct) : [];
}

/** Members of what stands before the dot. */
function memberCompletions(debuggee: Debuggee, base: string, begun: string): string[] {
  const expr = /[\w$.>[\]:()*+ -]*$/.exec(base)![0].trim();
  const layer = exprVar('', expr, debuggee.session.view());
  const named = layer.ok ? (layer.value.children?.named() ?? []) : [];
  const names = [...named.map((v) => v.name), ...fieldsOf(expr, debuggee)];
  return [...new Set(names)].filter((name) => name.startsWith(begun));
}
