/** A scenario file, as JSON (the command line reads YAML): docs/scenario.md. */
import { ok, type Result } from '../../../util/problem.ts';
import type { ValueOf } from '../../net/file/parts.ts';
import { isRecord, readKind, type Sink, say } from '../../net/file/shape.ts';
import type { NodeSpec, Scenario, Step } from '../model.ts';
import { makeAction } from './actions.ts';
import { makeExpect } from './expectations.ts';
import { oversize } from './limits.ts';
import { readNamespaces } from './namespaces.ts';
import type { node } from './node.ts';
import { checkCpu } from './packets.ts';
import { makeElements, makeProgram, wholeAgent } from './programs.ts';
import { Scope } from './scope.ts';
import { ACTION_NAMES, scenario, type step } from './steps.ts';

/**
 * Reads a scenario.
 *
 * @param json the file's contents, parsed
 * @param file its name, for problems and for scenarios that have none of their own
 * @returns the scenario, or what is wrong: each problem with the path of its place, as `steps[3].packet.in`. At most 100
 *   are told; what names things that are not there is told once the rest is in order
 */
export function readScenario(json: unknown, file: string): Result<Scenario> {
  const sink: Sink = { file, problems: [] };
  const why = oversize(json);
  if (why !== undefined) say(sink, 'file-limit', '', { why });
  const given = why === undefined ? readKind(sink, scenario, json, '') : undefined;
  if (!given || !isRecord(json)) return { ok: false, problems: sink.problems };
  const { node = {}, programs = [], maps = [], map_files: mapFiles = [], steps = [] } = given;
  const made = makeNode(sink, node, isRecord(json.node) ? json.node : {});
  if (sink.problems.length > 0) return { ok: false, problems: sink.problems };
  const scope = new Scope(sink, made);
  for (const { sockets } of made.namespaces) {
    for (const { name, cgroup, path } of sockets) {
      scope.open(name, `${path}.name`);
      scope.cgroup(cgroup, `${path}.cgroup`);
    }
  }
  scope.agent = given.agent !== undefined;
  const value: Scenario = {
    name: given.name ?? nameOf(file),
    ...(given.about !== undefined && { about: given.about }),
    node: made,
    programs: programs.map((one, i) => makeProgram(scope, one, `programs[${i}]`)),
    maps: makeElements(maps, 'maps'),
    mapFiles,
    ...(given.agent && { agent: wholeAgent(given.agent) }),
    steps: steps.flatMap((one, i) => makeStep(scope, one, i)),
    ...(given.expect && { expect: makeExpect(scope, given.expect, 'expect') }),
  };
  return sink.problems.length > 0 ? { ok: false, problems: sink.problems } : ok(value);
}

function nameOf(file: string): string {
  const base = file.replace(/^.*[/\\]/, '');
  return base.replace(/\.[^.]+$/, '') || base || 'scenario';
}

function makeNode(sink: Sink, given: ValueOf<typeof node>, raw: Readonly<Record<string, unknown>>): NodeSpec {
  const { cpus = 1, clock = 1_000_000_000_000n, seed = 1, stack = 0, cgroups = [] } = given;
  const namespaces = readNamespaces(sink, given, raw);
  return { cpus, clockNs: clock, seed, stackFill: stack, namespaces, cgroups: withParents(cgroups) };
}

/** Cgroups with those above them, which come first. */
function withParents(paths: readonly string[]): readonly string[] {
  const all = new Set<string>();
  for (const path of paths) {
    const names = path.split('/').filter((name) => name !== '');
    names.forEach((_, i) => {
      all.add(`/${names.slice(0, i + 1).join('/')}`);
    });
  }
  return [...all];
}

function makeStep(scope: Scope, given: ValueOf<typeof step>, index: number): readonly Step[] {
  const path = `steps[${index}]`;
  const { note, cpu = 0, expect } = given;
  checkCpu(scope, cpu, `${path}.cpu`);
  const name = ACTION_NAMES.find((key) => given[key] !== undefined);
  const action = name && makeAction(scope, name, given[name] as never, `${path}.${name}`);
  if (!action) return [];
  return [
    {
      number: index + 1,
      ...(note !== undefined && { note }),
      cpu,
      action,
      ...(expect && { expect: makeExpect(scope, expect, `${path}.expect`) }),
      path,
    },
  ];
}
