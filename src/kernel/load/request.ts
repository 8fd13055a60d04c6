/** A whole load request: maps, then programs, then the programs that maps hold. */
import { progArrayCompatible } from '../../maps/progArray.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { LoadRequest, MapUpdate, ProgRequest } from '../../spec/request.ts';
import type { Problem, Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import type { KernelCore } from '../core.ts';
import { kernelProblem } from '../messages.ts';
import { listenSockets } from '../sockets/listen.ts';
import type { MapRecord, ProgRecord } from '../world.ts';
import { applyUpdates, loadMap } from './maps.ts';
import { loadProg } from './prog.ts';

/** What a load request became. `progs` and `maps` are in the order of the request; with problems some are missing. */
export interface LoadedRequest {
  /** In the request's order; empty when a map failed. */
  readonly maps: readonly MapRecord[];
  /** In the request's order; undefined where a program did not load. */
  readonly progs: readonly (ProgRecord | undefined)[];
  /** Why something did not load. A program that fails does not stop the others; a map does. */
  readonly problems: readonly Problem[];
}

/** Fields that an entry of `progs` takes over from the request. */
function progRequests(request: LoadRequest): readonly ProgRequest[] {
  if (!request.progs) return request.insns === undefined ? [] : [request];
  const { prog_type, expected_attach_type, license, prog_flags, btf } = request;
  const shared = Object.fromEntries(
    Object.entries({ prog_type, expected_attach_type, license, prog_flags, btf }).filter(([, v]) => v !== undefined),
  );
  return request.progs.map((prog) => ({ ...shared, ...prog }));
}

function loadMaps(kernel: KernelCore, request: LoadRequest, socks: readonly number[]): Result<MapRecord[]> {
  const maps: MapRecord[] = [];
  for (const [index, map] of (request.maps ?? []).entries()) {
    const made = loadMap(kernel, map, index, maps, request.btf);
    if (!made.ok) return made;
    maps.push(made.value);
  }
  for (const [index, map] of (request.maps ?? []).entries()) {
    const updated = applyUpdates(kernel, map, maps[index]!, maps, socks);
    if (!updated.ok) return updated;
  }
  return ok(maps);
}

/** Loads everything; after a failed map the kernel is as it was before. */
export function loadRequest(kernel: KernelCore, request: LoadRequest): LoadedRequest {
  const before = kernel.snapshot();
  const listening = listenSockets(kernel, request.listen ?? []);
  const maps = listening.ok ? loadMaps(kernel, request, listening.value) : listening;
  if (!maps.ok) {
    kernel.restore(before);
    return { maps: [], progs: [], problems: maps.problems };
  }
  const problems: Problem[] = [];
  const progs = progRequests(request).map((prog, index) => {
    const loaded = loadProg(kernel, prog, index, maps.value);
    if (loaded.ok) return loaded.value;
    problems.push(...loaded.problems);
    return undefined;
  });
  /** The id of the program that an update puts into a prog_array. */
  const progId =
    (map: MapRecord) =>
    (update: MapUpdate): Result<number> => {
      const found = update.value_prog ? nestedProg(update.value_prog) : ok(progs[update.value_prog_index!]);
      if (!found.ok) return found;
      const prog = found.value;
      if (!prog) return fail(kernelProblem('prog-index', {}, { name: map.name, index: update.value_prog_index! }));
      const fits = progArrayCompatible(kernel.maps, map.address, prog.owner);
      return fits
        ? ok(prog.id)
        : fail(kernelProblem('prog-array', {}, { name: prog.name, map: map.name, errno: ERRNO.EINVAL }));
    };
  const nestedProg = (prog: LoadRequest): Result<ProgRecord> =>
    loadProg(kernel, { ...prog, map_relocs: prog.parent_relocs ?? [] }, progs.length, maps.value);
  for (const [index, map] of (request.maps ?? []).entries()) {
    const record = maps.value[index]!;
    const updated = applyUpdates(kernel, map, record, maps.value, [], progId(record));
    if (!updated.ok) problems.push(...updated.problems);
  }
  return { maps: maps.value, progs, problems };
}
