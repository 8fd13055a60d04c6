/** Programs, maps and the agent of a file as values. */
import type { ValueOf } from '../../net/file/parts.ts';
import { HOOKS } from '../../node/hooks.ts';
import type { AgentSpec, AttachSpec, MapElements, ProgramFile } from '../model.ts';
import { HOST } from './namespaces.ts';
import type { agent, attach, elements, program } from './node.ts';
import type { Scope } from './scope.ts';

export function makeAttach(scope: Scope, given: ValueOf<typeof attach>, path: string): AttachSpec {
  const { prog, hook, dev, netns = HOST, cgroup, mode } = given;
  if (cgroup !== undefined) scope.cgroup(cgroup, `${path}.cgroup`);
  if (given.netns !== undefined) scope.net(netns, `${path}.netns`);
  const place = dev === undefined ? { netns } : scope.device(dev, `${path}.dev`);
  return {
    prog,
    hook,
    ...place,
    ...(HOOKS[hook].of === 'cgroup' && cgroup !== undefined && { cgroup }),
    ...(mode && { mode }),
    path,
  };
}

export function makeProgram(scope: Scope, given: ValueOf<typeof program>, path: string): ProgramFile {
  const { file, define = [], allow = [], verify = 'accept', progs, map_names = [], attach = [] } = given;
  return {
    file,
    define: Object.fromEntries(define),
    allow,
    verify,
    ...(progs && { progs }),
    mapNames: Object.fromEntries(map_names),
    attach: attach.map((one, i) => makeAttach(scope, one, `${path}.attach[${i}]`)),
    path,
  };
}

export function makeElements(given: ValueOf<typeof elements>, path: string): readonly MapElements[] {
  return given.map(([map, list]) => ({ map, elements: list, path: `${path}.${map}` }));
}

/** What is given of an agent. */
export function makeAgent(given: ValueOf<typeof agent>): Partial<AgentSpec> {
  const { maps, gc, ...rest } = given;
  return {
    ...rest,
    ...(maps && { maps: Object.fromEntries(maps) }),
    ...(gc && { gc: { ...gc, interval: gc.interval ?? 'adaptive' } }),
  };
}

/** The agent of a node with what it is without being told. */
export function wholeAgent(given: ValueOf<typeof agent>): AgentSpec {
  return { pins: '/sys/fs/bpf/tc/globals', maps: {}, ...makeAgent(given) };
}
