/** A whole load request: maps, then programs, then the programs that maps hold. */
import { progArrayCompatible } from '../../maps/progArray.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { LoadRequest, MapRequest, MapUpdate, ProgRequest } from '../../spec/request.ts';
import type { Problem, Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import { pinObject } from '../bpffs.ts';
import type { KernelCore } from '../core.ts';
import { dropReplaced, holdMap, openObject } from '../lifetime.ts';
import { kernelProblem } from '../messages.ts';
import { listenSockets } from '../sockets/listen.ts';
import type { MapRecord, ProgRecord } from '../world.ts';
import { existingMap, type LoadOptions, pinPath, pinProblem } from './existing.ts';
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

/** Maps of a request in its order; `found` are those that were there before, with what they hold. */
interface Maps {
  readonly records: readonly MapRecord[];
  readonly found: ReadonlySet<number>;
}

/** What is put into a map that was there before: programs and maps, as libbpf does, and no contents. */
function updatesOf(map: MapRequest, index: number, { found }: Maps): MapRequest {
  if (!found.has(index)) return map;
  const { freeze: _, updates = [], ...attributes } = map;
  return { ...attributes, updates: updates.filter((u) => u.value === undefined && u.value_socket === undefined) };
}

function loadMaps(
  kernel: KernelCore,
  request: LoadRequest,
  socks: readonly number[],
  options: LoadOptions,
): Result<Maps> {
  const records: MapRecord[] = [];
  const found = new Set<number>();
  for (const [index, map] of (request.maps ?? []).entries()) {
    const path = pinPath(map, options);
    const existing = existingMap(kernel, map, path, options);
    if (!existing.ok) return existing;
    const made = existing.value ? ok(existing.value) : loadMap(kernel, map, index, records, request.btf);
    if (!made.ok) return made;
    if (existing.value) {
      found.add(index);
      holdMap(kernel, made.value);
    }
    openObject(kernel, made.value);
    const pinned = path === undefined || existing.value ? 0 : pinObject(kernel, made.value, path);
    if (pinned < 0) return fail(pinProblem(map, path!, pinned));
    records.push(made.value);
  }
  const maps = { records, found };
  for (const [index, map] of (request.maps ?? []).entries()) {
    const updated = applyUpdates(kernel, updatesOf(map, index, maps), records[index]!, records, socks);
    if (!updated.ok) return updated;
  }
  return ok(maps);
}

/**
 * Loads everything; after a failed map the kernel is as it was before. Descriptors of the maps and programs stay open
 * until `closeObject`.
 */
export function loadRequest(kernel: KernelCore, request: LoadRequest, options: LoadOptions = {}): LoadedRequest {
  const before = kernel.snapshot();
  const listening = listenSockets(kernel, request.listen ?? []);
  const maps = listening.ok ? loadMaps(kernel, request, listening.value, options) : listening;
  if (!maps.ok) {
    kernel.restore(before);
    return { maps: [], progs: [], problems: maps.problems };
  }
  const { records } = maps.value;
  const problems: Problem[] = [];
  const progs = progRequests(request).map((prog, index) => {
    const loaded = loadProg(kernel, prog, index, records);
    if (loaded.ok) openObject(kernel, loaded.value);
    else problems.push(...loaded.problems);
    return loaded.ok ? loaded.value : undefined;
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
    loadProg(kernel, { ...prog, map_relocs: prog.parent_relocs ?? [] }, progs.length, records);
  for (const [index, map] of (request.maps ?? []).entries()) {
    const record = records[index]!;
    const updated = applyUpdates(kernel, map, record, records, [], progId(record));
    if (!updated.ok) problems.push(...updated.problems);
  }
  // Programs of an earlier load may have lost their place in a map that is shared.
  for (const index of maps.value.found) dropReplaced(kernel, records[index]!);
  return { maps: records, progs, problems };
}
