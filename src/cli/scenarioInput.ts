/** A scenario as a debugger's session, with all the files that it names. */
import type { SessionScenario } from '../debug/session/input.ts';
import type { ProgramFiles } from '../debug/symbols.ts';
import type { ProgramFile, Scenario } from '../kernel/scenario/model.ts';
import type { DebugInput } from './debugInput.ts';
import { need, unusable } from './failure.ts';
import type { Io } from './io.ts';
import { programFiles } from './programFiles.ts';
import { readScenarioFile } from './scenarioFile.ts';
import { TestFiles } from './test/programFiles.ts';
import { readYaml } from './yamlFile.ts';

/** Program files of the set-up and of steps, each once. */
function programsOf({ programs, steps }: Scenario): readonly ProgramFile[] {
  const later = steps.flatMap(({ action }) => (action.do === 'load' ? [action.program] : []));
  const seen = new Set<string>();
  return [...programs, ...later].filter(({ file, define }) => {
    const key = JSON.stringify([file, define]);
    return !seen.has(key) && seen.add(key);
  });
}

/** Reads a scenario and its files; leaves the command for what is missing or wrong. */
export function scenarioInput(io: Io, file: string): DebugInput {
  const { scenario } = readScenarioFile(io, file);
  const files = new TestFiles(io);
  const named = files.of(file);
  const programs = programsOf(scenario);
  const inputs = programs.map((program) => need(files.program(file, program)));
  const [first] = inputs;
  if (!first) unusable('no-scenario-program', {}, { path: file });
  const known = inputs.map(programFiles);
  const all: ProgramFiles = {
    programs: known.flatMap((k) => k.programs),
    texts: Object.assign({}, ...known.map((k) => k.texts)) as Readonly<Record<string, string>>,
  };
  const captures = scenario.steps.flatMap(({ action }) => (action.do === 'pcap' ? [action.file] : []));
  const session: SessionScenario = {
    json: readYaml(io, file).json,
    requests: programs.map(({ file: name, define }, i) => ({ file: name, define, request: inputs[i]!.request })),
    captures: Object.fromEntries(captures.map((name) => [name, need(named.bytes(name))] as const)),
    maps: Object.fromEntries(scenario.mapFiles.map((name) => [name, need(named.json(name))] as const)),
  };
  const { request } = first;
  return { session: { name: file, request, files: all, packets: [], progs: [], scenario: session }, input: first };
}
