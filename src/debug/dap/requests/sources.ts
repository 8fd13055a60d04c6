/** Programs and their texts. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { fail } from '../../../util/problem.ts';
import { done, launched, request } from '../desk.ts';
import { dapProblem } from '../messages.ts';
import { fields } from '../shape.ts';
import { textAddress } from '../sources.ts';
import { referenceOf } from '../variables.ts';
import { SOURCE_SHAPE } from './breakpoints.ts';

export const loadedSources = request<object, DebugProtocol.LoadedSourcesResponse>(
  'session',
  { need: {}, may: {} },
  (desk) => done({ sources: [...launched(desk).sources.list] }),
);

export const source = request<DebugProtocol.SourceArguments, DebugProtocol.SourceResponse>(
  'session',
  { need: { sourceReference: 'number' }, may: { source: fields(SOURCE_SHAPE) } },
  (desk, { source: wanted, sourceReference }) => {
    const found = launched(desk).sources.find(wanted ?? { sourceReference });
    if (!found.ok) return found;
    const content = found.value.content();
    const { name = '' } = found.value.source;
    if (content === undefined) return fail(dapProblem('dap-no-source', {}, { what: name }));
    return done({ content, mimeType: 'text/x-bpf' });
  },
);

export const modules = request<DebugProtocol.ModulesArguments, DebugProtocol.ModulesResponse>(
  'session',
  { need: {}, may: { startModule: 'number', moduleCount: 'number' } },
  (desk, { startModule = 0, moduleCount = 0 }) => {
    const { symbols } = launched(desk).session;
    const from = Math.max(startModule, 0);
    const wanted = symbols.progs.slice(from, moduleCount > 0 ? from + moduleCount : undefined);
    const list = wanted.map((prog): DebugProtocol.Module => {
      const { id, executable } = prog.prog;
      const end = textAddress(prog, prog.insns.length);
      return {
        id,
        name: prog.name,
        version: executable.progType,
        symbolStatus: prog.insns.some((i) => i?.position) ? 'Source lines' : 'No source lines',
        addressRange: `${referenceOf(executable.text)}-${referenceOf(end)}`,
      };
    });
    return done({ modules: list, totalModules: symbols.progs.length });
  },
);
