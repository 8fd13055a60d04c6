/** Programs of a scenario: verified, loaded over the maps that are there, attached. */
import { ERRNO, errnoName } from '../../spec/errno.ts';
import type { LoadRequest, ProgRequest } from '../../spec/request.ts';
import type { RuleName } from '../../spec/rules.ts';
import type { Problem, Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import type { VerifiedProgram, VerifyJob } from '../../verifier/api.ts';
import { pinnedObject } from '../bpffs.ts';
import type { Kernel } from '../kernel.ts';
import { attributesAsked, attributesOf } from '../load/existing.ts';
import { mapNamed } from '../mapNames.ts';
import { attachProg, detachProg } from '../node/build.ts';
import { HOOKS } from '../node/hooks.ts';
import { placeName } from '../node/text.ts';
import { openPerfRings } from '../replay/readers.ts';
import type { MapRecord, ProgRecord } from '../world.ts';
import type { ScenarioFiles } from './files.ts';
import { scenarioProblem } from './messages.ts';
import type { AttachSpec, Path, ProgramFile } from './model.ts';
import { cgroupId } from './setUp.ts';

/** A program file as a load request, its maps as they are called here. */
export function requestOf(files: ScenarioFiles, program: ProgramFile): Result<LoadRequest> {
  const read = files.request(program);
  const { mapNames } = program;
  if (!read.ok || Object.keys(mapNames).length === 0) return read;
  const maps = read.value.maps?.map((map) => {
    const { name } = map;
    return name !== undefined && Object.hasOwn(mapNames, name) ? { ...map, name: mapNames[name]! } : map;
  });
  return ok({ ...read.value, ...(maps && { maps }) });
}

/** The request with only the programs that are wanted. */
export function wantedProgs(request: LoadRequest, progs: readonly string[] | undefined): LoadRequest {
  if (!progs || !request.progs) return request;
  return { ...request, progs: request.progs.filter((p) => progs.includes(nameOf(p))) };
}

const nameOf = (prog: ProgRequest): string => prog.name ?? prog.prog_name ?? '';

/** The verifications that a program file asks for; none where it does not want any, or nobody verifies. */
export function verifications(
  { verify, allow }: ProgramFile,
  request: LoadRequest,
  files: Pick<ScenarioFiles, 'verify'>,
): Result<readonly VerifyJob[]> {
  if (verify === 'skip' || !files.verify) return ok([]);
  return files.verify(request, { allow: allow as readonly RuleName[] });
}

/** Is the verdict the one that the file wants? */
export function verdictProblem(
  spec: ProgramFile,
  { name: prog, verification: v }: VerifiedProgram,
): Problem | undefined {
  const { path, verify } = spec;
  if (v.verdict === 'not_covered') return scenarioProblem('not-covered', {}, { path, prog, what: v.what });
  const words = v.verdict === 'reject' ? v.log.trimEnd().split('\n').slice(-3).join(' / ') : '';
  if (typeof verify === 'object') {
    const wanted = verify.reject;
    if (v.verdict === 'accept') return scenarioProblem('not-rejected', {}, { path, prog, wanted });
    if (v.log.includes(wanted)) return undefined;
    return scenarioProblem('rejected-otherwise', {}, { path, prog, wanted, words });
  }
  return v.verdict === 'reject' ? scenarioProblem('rejected', {}, { path, prog, words }) : undefined;
}

/** Programs by their names, and what their loader holds open. */
export interface LoadedPrograms {
  readonly progs: ReadonlyMap<string, ProgRecord>;
  readonly held: readonly (MapRecord | ProgRecord)[];
}

/** Loads a request: maps of names that are known are the known ones. The programs by their names. */
export function loadPrograms(
  kernel: Kernel,
  request: LoadRequest,
  pins: string | undefined,
  path: Path,
): Result<LoadedPrograms> {
  const maps: Record<string, MapRecord> = {};
  const problems: Problem[] = [];
  for (const map of request.maps ?? []) {
    const known = map.name === undefined ? undefined : mapNamed(kernel.world, map.name);
    if (!known) continue;
    maps[map.name!] = known;
    const [old, asked] = [attributesOf(kernel, known), attributesAsked(map)];
    const pinned = pins !== undefined && typeof pinnedObject(kernel, `${pins}/${map.name}`) !== 'number';
    const attribute = (Object.keys(asked) as (keyof typeof asked)[]).find((key) => old[key] !== asked[key]);
    // What the agent has pinned has the size that the agent gave it.
    if (attribute === undefined || (pinned && attribute === 'max_entries')) continue;
    const args = { path, map: map.name!, attribute, old: old[attribute], new: asked[attribute] };
    problems.push(scenarioProblem('map-differs', {}, args));
  }
  if (problems.length > 0) return fail(...problems);
  const loaded = kernel.load(request, { maps });
  if (loaded.problems.length > 0) return fail(...loaded.problems);
  openPerfRings(kernel);
  const progs = request.progs ?? [request];
  const byName = new Map(
    progs.flatMap((p, i) => {
      const record = loaded.progs[i];
      return record ? [[nameOf(p), record] as const] : [];
    }),
  );
  // Maps that are pinned need no loader to hold them.
  const isPinned = ({ id }: MapRecord): boolean => kernel.world.pins.some((p) => p.id === id);
  const held = loaded.maps.filter((map) => !isPinned(map));
  for (const map of loaded.maps) if (isPinned(map)) kernel.close(map);
  return ok({ progs: byName, held: [...held, ...byName.values()] });
}

/** Is the program attached there? */
export function isAttached(kernel: Kernel, prog: ProgRecord, { hook, netns, dev, cgroup }: AttachSpec): boolean {
  if (cgroup !== undefined) return false;
  return kernel.world.node.links.some(
    (l) =>
      l.prog === prog &&
      l.hook === hook &&
      l.ns === netns &&
      (dev === undefined || deviceIs(kernel, l.ns, l.ifindex, dev)),
  );
}

const WHY: Readonly<Record<number, string>> = {
  [ERRNO.EINVAL]: 'it is of another program type than the hook wants',
  [ERRNO.EBUSY]: 'the device has an XDP program already',
  [ERRNO.EEXIST]: 'it is attached there already',
  [ERRNO.ENODEV]: 'there is no such device',
  [ERRNO.ENOENT]: 'there is no such namespace',
};

const place = ({ netns, dev, cgroup }: AttachSpec): string => cgroup ?? placeName(netns, dev);

/** Attaches a program; the problem where it cannot be. */
export function attach(
  kernel: Kernel,
  prog: ProgRecord,
  spec: AttachSpec,
  cgroups: readonly string[],
): Problem | undefined {
  const { hook, netns: ns, dev, cgroup, mode, path } = spec;
  const id = cgroup === undefined ? undefined : cgroupId(cgroups, cgroup);
  if (HOOKS[hook].of === 'cgroup' && id === undefined)
    return scenarioProblem('cgroup', {}, { path, name: cgroup ?? '' });
  const link = attachProg(kernel, prog, {
    hook,
    ns,
    ...(dev !== undefined && { dev }),
    ...(id !== undefined && { cgroup: id }),
    ...(mode && { mode }),
  });
  if (typeof link !== 'number') return undefined;
  const errname = errnoName(-link) ?? 'errno';
  const args = { path, prog: spec.prog, hook, place: place(spec), errno: -link, errname, help: WHY[-link] ?? errname };
  return scenarioProblem('attach', {}, args);
}

/** Detaches a program by its name; the problem where it is not attached. */
export function detach(kernel: Kernel, spec: AttachSpec, cgroups: readonly string[]): Problem | undefined {
  const { hook, netns, dev, cgroup, path } = spec;
  const id = cgroup === undefined ? 0 : cgroupId(cgroups, cgroup);
  const found = kernel.world.node.links.find(
    (l) =>
      l.hook === hook &&
      l.ns === netns &&
      l.cgroup === id &&
      progNameIs(l.prog, spec.prog) &&
      (dev === undefined || deviceIs(kernel, l.ns, l.ifindex, dev)),
  );
  if (!found) return scenarioProblem('detach', {}, { path, prog: spec.prog });
  detachProg(kernel, found);
  return undefined;
}

/** The names of loaded programs end after 15 characters. */
function progNameIs({ name }: ProgRecord, wanted: string): boolean {
  return name === wanted || (name.length === 15 && wanted.startsWith(name));
}

function deviceIs(kernel: Kernel, ns: string, ifindex: number, dev: string): boolean {
  const { net, parked } = kernel.world;
  const of = net.name === ns ? net : parked.find((p) => p.net.name === ns)?.net;
  return of?.devices.some((d) => d.ifindex === ifindex && d.name === dev) ?? false;
}
