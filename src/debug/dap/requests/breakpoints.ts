/** Breakpoints of every kind: each request replaces those of its kind. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { fail, ok, type Result } from '../../../util/problem.ts';
import { suggest } from '../../../util/suggest.ts';
import type { BreakPlace, BreakSpec } from '../../session/types.ts';
import type { Bound, Wish } from '../breakpoints.ts';
import type { Debuggee } from '../debuggee.ts';
import { done, launched, request } from '../desk.ts';
import { FILTERS, type FilterId, filterRow } from '../filters.ts';
import { dapProblem } from '../messages.ts';
import { fields, listOf, type Shape } from '../shape.ts';
import { insnsAtLine, type SourceInsn, textAddress } from '../sources.ts';
import { addressOf, referenceOf } from '../variables.ts';

export const SOURCE_SHAPE: Shape<DebugProtocol.Source> = {
  need: {},
  may: { name: 'string', path: 'string', sourceReference: 'number' },
};

/** When a breakpoint counts. */
interface When {
  readonly condition?: string;
  readonly hitCondition?: string;
  readonly logMessage?: string;
}

/** A place with its conditions. */
export function specOf(place: BreakPlace, { condition, hitCondition, logMessage }: When): BreakSpec {
  const given = (text: string | undefined): text is string => text !== undefined && text.trim() !== '';
  return {
    place,
    ...(given(condition) && { condition }),
    ...(given(hitCondition) && { hits: hitCondition }),
    ...(given(logMessage) && { log: logMessage }),
  };
}

const bound = (place: Result<BreakPlace>, when: When, debuggee: Debuggee): Bound =>
  place.ok
    ? { spec: specOf(place.value, when), shown: shownOf(place.value, debuggee) }
    : { problem: place.problems[0]! };

/** Where a place is, for the client. */
function shownOf(place: BreakPlace, { session, sources }: Debuggee): Partial<DebugProtocol.Breakpoint> {
  const [first] = place.kind === 'insn' ? place.at : [];
  const prog = first && session.symbols.prog(first.prog);
  if (!first || !prog) return {};
  return { ...sources.placeOf(prog, first.slot), instructionReference: referenceOf(textAddress(prog, first.slot)) };
}

function insnsPlace(insns: readonly SourceInsn[], text: string): BreakPlace {
  return { kind: 'insn', at: insns.map(({ prog, slot }) => ({ prog: prog.prog.id, slot })), text };
}

export const setBreakpoints = request<DebugProtocol.SetBreakpointsArguments, DebugProtocol.SetBreakpointsResponse>(
  'client',
  {
    need: { source: fields(SOURCE_SHAPE) },
    may: {
      breakpoints: listOf(
        fields<DebugProtocol.SourceBreakpoint>({
          need: { line: 'number' },
          may: { column: 'number', condition: 'string', hitCondition: 'string', logMessage: 'string' },
        }),
        1000,
      ),
      lines: listOf('number', 1000),
    },
  },
  ({ book, client }, { source, breakpoints, lines }) => {
    const wanted = breakpoints ?? (lines ?? []).map((line): DebugProtocol.SourceBreakpoint => ({ line }));
    const wishes = wanted.map(({ line, column, ...when }): Wish => {
      return (debuggee) => {
        const one = debuggee.sources.find(source);
        if (!one.ok) return { problem: one.problems[0]! };
        const insns = insnsAtLine(
          one.value,
          client.lineIn(line),
          column === undefined ? undefined : client.columnIn(column),
        );
        if (insns.length === 0) return { problem: dapProblem('dap-no-line', {}, { line }) };
        return bound(ok(insnsPlace(insns, `${one.value.source.name}:${insns[0]!.line}`)), when, debuggee);
      };
    });
    const group = `source ${source.sourceReference || source.path || source.name}`;
    return done({ breakpoints: book.replace(group, 'source', wishes) });
  },
);

/** A function, a label, a helper's name, or any place that the debugger can be told (`tail-call`, `update MAP`). */
function namedPlace(name: string, { session }: Debuggee): Result<BreakPlace> {
  const place = session.place(name);
  if (place.ok) return place;
  const call = session.place(`call ${name}`);
  if (call.ok) return call;
  const known = session.symbols.progs.flatMap((p) => [...p.functions, ...p.labels].map((s) => s.name));
  const near = suggest(name, known);
  const hint = near === undefined ? '' : `; did you mean '${near}'?`;
  return fail(dapProblem('dap-no-function', {}, { name, hint }));
}

export const setFunctionBreakpoints = request<
  DebugProtocol.SetFunctionBreakpointsArguments,
  DebugProtocol.SetFunctionBreakpointsResponse
>(
  'client',
  {
    need: {
      breakpoints: listOf(
        fields<DebugProtocol.FunctionBreakpoint>({
          need: { name: 'string' },
          may: { condition: 'string', hitCondition: 'string' },
        }),
        1000,
      ),
    },
    may: {},
  },
  ({ book }, { breakpoints }) => {
    const wishes = breakpoints.map(({ name, ...when }): Wish => {
      return (debuggee) => bound(namedPlace(name.trim(), debuggee), when, debuggee);
    });
    return done({ breakpoints: book.replace('functions', 'function', wishes) });
  },
);

export const setInstructionBreakpoints = request<
  DebugProtocol.SetInstructionBreakpointsArguments,
  DebugProtocol.SetInstructionBreakpointsResponse
>(
  'client',
  {
    need: {
      breakpoints: listOf(
        fields<DebugProtocol.InstructionBreakpoint>({
          need: { instructionReference: 'string' },
          may: { offset: 'number', condition: 'string', hitCondition: 'string' },
        }),
        1000,
      ),
    },
    may: {},
  },
  ({ book }, { breakpoints }) => {
    const wishes = breakpoints.map(({ instructionReference, offset, ...when }): Wish => {
      return (debuggee) => {
        const address = addressOf(instructionReference);
        const at = address === undefined ? undefined : debuggee.sources.insnAt(address + (offset ?? 0));
        if (!at) return { problem: dapProblem('dap-no-insn', {}, { reference: instructionReference }) };
        const place: BreakPlace = {
          kind: 'insn',
          at: [{ prog: at.prog.prog.id, slot: at.slot }],
          text: `${at.prog.name}:*${at.slot}`,
        };
        return bound(ok(place), when, debuggee);
      };
    });
    return done({ breakpoints: book.replace('instructions', 'instruction', wishes) });
  },
);

export const setExceptionBreakpoints = request<
  DebugProtocol.SetExceptionBreakpointsArguments,
  DebugProtocol.SetExceptionBreakpointsResponse
>(
  'client',
  {
    need: { filters: listOf('string', 100) },
    may: {
      filterOptions: listOf(
        fields<DebugProtocol.ExceptionFilterOptions>({ need: { filterId: 'string' }, may: { condition: 'string' } }),
        100,
      ),
    },
  },
  (desk, { filters, filterOptions = [] }) => {
    const wanted = [
      ...filters.map((filterId): DebugProtocol.ExceptionFilterOptions => ({ filterId })),
      ...filterOptions,
    ];
    desk.filters = new Set(wanted.map((w) => w.filterId).filter((id): id is FilterId => Object.hasOwn(FILTERS, id)));
    const wishes = wanted.map(({ filterId, condition }): Wish => {
      return () => {
        const row = filterRow(filterId);
        if (!row) return { problem: dapProblem('dap-no-filter', {}, { name: filterId }) };
        const name = condition?.trim();
        return row.place ? { spec: { place: row.place(name === '' ? undefined : name) } } : { shown: {} };
      };
    });
    return done({ breakpoints: desk.book.replace('exceptions', 'exception', wishes) });
  },
);

export const breakpointLocations = request<
  DebugProtocol.BreakpointLocationsArguments,
  DebugProtocol.BreakpointLocationsResponse
>(
  'session',
  {
    need: { source: fields(SOURCE_SHAPE), line: 'number' },
    may: { column: 'number', endLine: 'number', endColumn: 'number' },
  },
  (desk, { source, line, column, endLine, endColumn }) => {
    const { client } = desk;
    const one = launched(desk).sources.find(source);
    if (!one.ok) return one;
    const [from, to] = [client.lineIn(line), client.lineIn(endLine ?? line)];
    const [left, right] = [column, endColumn].map((c) => (c === undefined ? undefined : client.columnIn(c)));
    const seen = new Set<string>();
    const locations = one.value.insns.flatMap((insn): DebugProtocol.BreakpointLocation[] => {
      const inside =
        (insn.line > from || (insn.line === from && insn.col >= (left ?? 1))) &&
        (insn.line < to || (insn.line === to && insn.col <= (right ?? Number.POSITIVE_INFINITY)));
      const key = `${insn.line}:${insn.col}`;
      if (!inside || seen.has(key)) return [];
      seen.add(key);
      return [{ line: client.lineOut(insn.line), column: client.columnOut(insn.col) }];
    });
    return done({ breakpoints: locations });
  },
);
