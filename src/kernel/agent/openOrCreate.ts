/**
 * Maps of the agent over its restarts, as Cilium 1.9 opens them: a pinned map is used again where its attributes are the
 * wanted ones, else its pin goes and a new map takes its place. Programs that use the old map go on writing to it until they
 * are replaced.
 */
import type { MapTypeName } from '../../spec/mapTypes.ts';
import type { MapRequest } from '../../spec/request.ts';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import { pinnedObject, pinObject, unpinObject } from '../bpffs.ts';
import type { KernelCore } from '../core.ts';
import { holdMap, openObject } from '../lifetime.ts';
import { attributesAsked, attributesOf, type MapAttributes, pinProblem } from '../load/existing.ts';
import { loadMap } from '../load/maps.ts';
import { kernelProblem } from '../messages.ts';
import type { MapRecord } from '../world.ts';

/** A line of the agent's log. */
export interface AgentWarning {
  readonly msg: string;
  readonly path: string;
  /** The attribute that differs. */
  readonly change?: { readonly old: number | string; readonly new: number | string };
}

/** A map that the agent has opened. */
export interface OpenedMap {
  readonly map: MapRecord;
  /** It was made now; there was none, or its contents are lost. */
  readonly isNew: boolean;
  readonly warnings: readonly AgentWarning[];
}

/** The map that the agent wants. */
export interface AgentMap {
  /** Where it is pinned. */
  readonly path: string;
  /** Its attributes; contents are not put in. */
  readonly request: MapRequest;
  /** The template of maps in maps. */
  readonly inner?: MapRecord;
  /** Its contents are worth nothing to the next agent: a pinned map is removed first. */
  readonly nonPersistent?: boolean;
}

const MISMATCHES: readonly (readonly [attribute: keyof MapAttributes, msg: string])[] = [
  ['type', 'Map type mismatch for BPF map'],
  ['key_size', 'Key-size mismatch for BPF map'],
  ['value_size', 'Value-size mismatch for BPF map'],
  ['max_entries', 'Max entries mismatch for BPF map'],
  ['map_flags', 'Flags mismatch for BPF map'],
];
const REMOVING = 'Removing map to allow for property upgrade (expect map data loss)';

/** What the agent calls map types. */
const TYPE_NAMES: Readonly<Partial<Record<MapTypeName, string>>> = {
  hash: 'Hash',
  array: 'Array',
  prog_array: 'Program array',
  perf_event_array: 'Event array',
  percpu_hash: 'Per-CPU hash',
  percpu_array: 'Per-CPU array',
  stack_trace: 'Stack trace',
  cgroup_array: 'Cgroup array',
  lru_hash: 'LRU hash',
  lru_percpu_hash: 'LRU per-CPU hash',
  lpm_trie: 'Longest prefix match trie',
  array_of_maps: 'Array of maps',
  hash_of_maps: 'Hash of maps',
  devmap: 'Device Map',
  sockmap: 'Socket Map',
  cpumap: 'CPU Redirect Map',
  sockhash: 'Socket Hash',
};

function shown(attribute: keyof MapAttributes, value: number | string): number | string {
  return attribute === 'type' ? (TYPE_NAMES[value as MapTypeName] ?? 'Unknown') : value;
}

/** A warning for each attribute that is not the wanted one. */
function mismatches(old: MapAttributes, wanted: MapAttributes, path: string): AgentWarning[] {
  return MISMATCHES.filter(([attribute]) => old[attribute] !== wanted[attribute]).map(([attribute, msg]) => ({
    msg,
    path,
    change: { old: shown(attribute, old[attribute]), new: shown(attribute, wanted[attribute]) },
  }));
}

function quoted(value: number | string): string {
  const text = `${value}`;
  return /^[\w./+:-]+$/.test(text) ? text : JSON.stringify(text);
}

/** A warning as the agent logs it, the fields below each other whatever is said before them. */
export function agentWarningLine({ msg, path, change }: AgentWarning): string {
  const said = `msg=${JSON.stringify(msg)}`.padEnd(`msg=${JSON.stringify(REMOVING)}`.length);
  const values = change ? ` new=${quoted(change.new)} old=${quoted(change.old)}` : '';
  return `level=warning ${said} file-path=${quoted(path)}${values}`;
}

/**
 * Opens a pinned map or makes and pins it; `Kernel.close` drops the descriptor. A pinned map with other attributes is
 * removed and made anew, a prog_array kept as it is. Fails where the map cannot be made or pinned, or the path holds
 * something else; nothing is changed then.
 */
export function openOrCreateMap(kernel: KernelCore, wanted: AgentMap): Result<OpenedMap> {
  const before = kernel.snapshot();
  const opened = openOrCreate(kernel, wanted);
  if (!opened.ok) kernel.restore(before);
  return opened;
}

function openOrCreate(kernel: KernelCore, wanted: AgentMap): Result<OpenedMap> {
  const { path, request, nonPersistent = false } = wanted;
  if (nonPersistent) unpinObject(kernel, path);
  const object = pinnedObject(kernel, path);
  if (typeof object === 'number') return create(kernel, wanted, []);
  if ('executable' in object) return fail(kernelProblem('prog-pinned', {}, { name: request.name ?? '', path }));
  const warnings = mismatches(attributesOf(kernel, object), attributesAsked(request), path);
  if (warnings.length > 0 && attributesOf(kernel, object).type !== 'prog_array') {
    unpinObject(kernel, path);
    return create(kernel, wanted, [...warnings, { msg: REMOVING, path }]);
  }
  holdMap(kernel, object);
  openObject(kernel, object);
  return ok({ map: object, isNew: false, warnings });
}

function create(
  kernel: KernelCore,
  { path, request, inner }: AgentMap,
  warnings: readonly AgentWarning[],
): Result<OpenedMap> {
  const asked = inner ? { ...request, inner_map: 0 } : request;
  const made = loadMap(kernel, asked, 0, inner ? [inner] : []);
  if (!made.ok) return made;
  openObject(kernel, made.value);
  const pinned = pinObject(kernel, made.value, path);
  return pinned < 0 ? fail(pinProblem(request, path, pinned)) : ok({ map: made.value, isNew: true, warnings });
}
