/** Random sequences of what user space does with maps, with runs of programs over the same maps in between. */
import type { MapRequest } from '../../../src/spec/request.ts';
import type { Step, StepRequest } from '../../../test/maps/steps.ts';
import { random } from '../generate.ts';
import { SLOT } from '../mixed/code.ts';
import {
  FAMILY_TYPES,
  keyHex,
  numberedKey,
  pick,
  type Rng,
  randomMap,
  type Target,
  valueHex,
  word,
} from '../mixed/maps.ts';
import { mapsInMaps, program } from '../mixed/request.ts';
import { tinyBtf } from '../program.ts';

/** Types that programs do not touch here. */
type Other = 'devmap' | 'devmap_hash' | 'cpumap' | 'prog_array' | 'perf_event_array' | 'cgroup_array' | 'ringbuf';
const OTHERS: readonly Other[] = [
  'devmap',
  'devmap_hash',
  'cpumap',
  'prog_array',
  'perf_event_array',
  'cgroup_array',
  'ringbuf',
];

/** A map that user space works on, and how its keys and values look. */
interface Place {
  readonly index: number;
  readonly target?: Target;
  readonly key: (rng: Rng) => string | undefined;
  readonly value: (rng: Rng) => Partial<Step>;
  readonly batches: boolean;
}

/** Descriptors that are none. */
const NO_FD = 60000;

function otherMap(rng: Rng, index: number, type: Other, progs: number): { place: Place; request: MapRequest } {
  const entries = pick(rng, [1, 2, 3, 5]);
  const wide = type.startsWith('dev') || type === 'cpumap' ? pick(rng, [4, 8]) : 4;
  const ringbuf = type === 'ringbuf';
  const redirect = type.startsWith('dev') || type === 'cpumap';
  const hashed = type === 'devmap_hash' ? pick(rng, [1, 3, 0x10001]) : 1;
  const access = redirect && type !== 'cpumap' && rng(6) === 0 ? pick(rng, [8, 16]) : 0;
  const program = (r: Rng): Partial<Step> => ({ value_progs: [r(4) === 0 ? NO_FD : r(progs)] });
  const device = (r: Rng): Partial<Step> => ({
    value: word(pick(r, [0, 1, 1, 1, 2, 9])) + (wide === 8 ? word(pick(r, [0, 0, 0xffffffff, 0xffffffff, NO_FD])) : ''),
  });
  const cpu = (r: Rng): Partial<Step> => ({
    value:
      word(pick(r, [0, 1, 8, 192, 16384, 16385, 77777])) + (wide === 8 ? word(pick(r, [0, 0, 0xffffffff, NO_FD])) : ''),
  });
  const values = { devmap: device, devmap_hash: device, cpumap: cpu, prog_array: program };
  return {
    place: {
      index,
      key: (r) =>
        ringbuf ? pick(r, [undefined, word(0)]) : word(((r(8) === 0 ? 1000 : r(entries + 1)) * hashed) >>> 0),
      value: values[type as 'devmap'] ?? (() => ({ value_maps: [NO_FD] })),
      batches: true,
    },
    request: {
      name: `m${index}`,
      type,
      key_size: ringbuf ? 0 : 4,
      value_size: ringbuf ? 0 : wide,
      max_entries: ringbuf ? 4096 : entries,
      map_flags: access,
    },
  };
}

function placeOf(target: Target, cpus: number): Place {
  const { kind, key, value, percpu, index } = target;
  const size = percpu ? Math.ceil(value / 8) * 8 * cpus : value;
  const keyless = kind === 'queue' || kind === 'bloom';
  return {
    index,
    target,
    key: (rng) => {
      if (keyless) return rng(10) === 0 ? word(0) : undefined;
      if (rng(40) === 0) return undefined;
      return rng(3) === 0 && kind === 'hash' ? numberedKey(rng(target.entries + 3), key) : keyHex(rng, target);
    },
    value: (rng) => ({ value: kind === 'bloom' ? valueHex(rng, size, 40) : valueHex(rng, size) }),
    batches: true,
  };
}

function outerPlace(rng: Rng, target: Target, maps: number): Place {
  const choices = Array.from({ length: target.index - target.inner!.index }, (_, i) => target.inner!.index + i);
  void maps;
  void rng;
  return {
    index: target.index,
    target,
    key: (r) => {
      const i = r(target.entries + 2);
      return word(i) + (target.key === 8 ? word(i * 7) : '');
    },
    // An inner map, the result map (which does not fit), a program, nothing.
    value: (r) =>
      r(12) === 0
        ? { value_progs: [0] }
        : { value_maps: [r(6) === 0 ? pick(r, [0, NO_FD, target.index]) : pick(r, choices)] },
    batches: true,
  };
}

const LOOKUP_FLAGS = [0, 0, 0, 0, 0, 0, 0, 4, 1, 8, -1, 2 ** 32];
const UPDATE_FLAGS = [0, 0, 0, 0, 0, 1, 2, 1, 2, 3, 4, 5, 8, -1, 2 ** 32, 2 ** 63];
const maybe = <K extends string>(name: K, value: number): Partial<Record<K, number>> =>
  (value === 0 ? {} : { [name]: value }) as Partial<Record<K, number>>;
const keyed = (key: string | undefined): Partial<Step> => (key === undefined ? {} : { key });

const OPS: readonly Step['op'][] = [
  ...(['update', 'update', 'update', 'update', 'update', 'lookup', 'lookup', 'lookup', 'delete', 'delete'] as const),
  ...(['next_key', 'next_key', 'lookup_and_delete', 'lookup_and_delete', 'lookup_batch', 'lookup_batch'] as const),
  ...(['lookup_batch', 'lookup_and_delete_batch', 'update_batch', 'update_batch', 'delete_batch'] as const),
];

function commandStep(rng: Rng, place: Place): Step {
  const { index: map } = place;
  if (rng(120) === 0) return { op: 'freeze', map };
  if (rng(40) === 0) return { op: 'info', map };
  const open = rng(25) === 0 ? { open_flags: pick(rng, [0, 8, 16, 24, 1]) } : {};
  const op = pick(rng, OPS);
  const base = { op, map, ...open };
  switch (op) {
    case 'lookup':
      return {
        ...base,
        ...keyed(place.key(rng)),
        ...maybe('flags', pick(rng, LOOKUP_FLAGS)),
        ...(place.target?.kind === 'bloom' ? place.value(rng) : {}),
      };
    case 'lookup_and_delete':
      return { ...base, ...keyed(place.key(rng)), ...maybe('flags', pick(rng, LOOKUP_FLAGS)) };
    case 'update':
      return { ...base, ...keyed(place.key(rng)), ...place.value(rng), ...maybe('flags', pick(rng, UPDATE_FLAGS)) };
    case 'lookup_batch':
    case 'lookup_and_delete_batch': {
      const from = pick(rng, ['start', 'start', 'prev', 'prev', 'key'] as const);
      const start =
        from === 'prev' ? { prev: true } : from === 'key' ? { in_batch: place.key(rng) ?? word(rng(70)) } : {};
      return {
        ...base,
        ...start,
        count: pick(rng, [0, 1, 2, 3, 5, 8, 40]),
        ...maybe('elem_flags', rng(8) === 0 ? pick(rng, LOOKUP_FLAGS) : 0),
        ...maybe('flags', rng(12) === 0 ? 1 : 0),
      };
    }
    case 'update_batch':
    case 'delete_batch': {
      const count = pick(rng, [0, 1, 2, 3, 6]);
      const keys = Array.from({ length: count }, () => place.key(rng) ?? place.key(rng) ?? '');
      const rows = Array.from({ length: count }, () => place.value(rng));
      const maps = rows.map((row) => row.value_maps?.[0]);
      const progs = rows.some((row) => row.value_progs);
      if (progs) return { ...base, count: 0 };
      const values = maps.some((m) => m !== undefined)
        ? { value_maps: maps.map((m) => m ?? NO_FD) }
        : { value: rows.map((row) => row.value ?? '').join('') };
      const flags = maybe('elem_flags', pick(rng, [0, 0, 0, 0, 0, 1, 2, 3, 4, 8])) as Partial<Step>;
      return {
        ...base,
        count,
        key: keys.join(''),
        ...(op === 'update_batch' ? values : {}),
        ...flags,
        ...maybe('flags', rng(12) === 0 ? 1 : 0),
      };
    }
    default:
      return { ...base, ...keyed(rng(8) === 0 ? undefined : place.key(rng)) };
  }
}

/** The maps as they are at the end. */
function finalSteps(places: readonly Place[]): Step[] {
  return places.flatMap(({ index: map, target }): Step[] => {
    if (target?.kind === 'queue')
      return Array.from({ length: target.entries }, () => ({ op: 'lookup_and_delete', map }));
    return target && target.kind !== 'bloom' ? [{ op: 'lookup_batch', map, count: 400 }] : [];
  });
}

const ROWS = FAMILY_TYPES.length + 1 + OTHERS.length;

/** The request of a seed, with `count` steps besides those that read the maps at the end. */
export function userRequest(seed: number, count: number, cpus = 1): StepRequest {
  const rng = random(seed);
  const maps: MapRequest[] = [];
  const places: Place[] = [];
  const targets: Target[] = [];
  const progs = 1 + rng(2);
  for (let i = 0, n = pick(rng, [1, 1, 2]); i < n; i++) {
    const row = i === 0 ? seed % ROWS : rng(ROWS);
    const index = 1 + maps.length;
    if (row < FAMILY_TYPES.length) {
      const { target, request } = randomMap(rng, index, row, true);
      targets.push(target);
      places.push(placeOf(target, cpus));
      maps.push({ ...request, updates: [] });
    } else if (row === FAMILY_TYPES.length) {
      const { target, requests } = mapsInMaps(rng, index, true);
      targets.push(target, target.inner!);
      places.push(outerPlace(rng, target, maps.length), placeOf(target.inner!, cpus));
      maps.push(...requests.map((request) => ({ ...request, updates: [] })));
    } else {
      const { place, request } = otherMap(rng, index, OTHERS[row - FAMILY_TYPES.length - 1]!, progs);
      places.push(place);
      maps.push(request);
    }
  }
  const each = 8;
  const runs = targets.length > 0;
  const programs = Array.from({ length: progs }, (_, i) =>
    program(rng, `p${i}`, targets, { map: 0, size: 0 }, 1 + i * each, runs ? each : 0),
  );
  const cpu = (): Partial<Step> => maybe('cpu', rng(cpus));
  const steps: Step[] = Array.from({ length: count }, () =>
    runs && rng(12) === 0
      ? { op: 'run', prog: rng(progs), ...cpu() }
      : { ...commandStep(rng, pick(rng, places)), ...cpu() },
  );
  const res: MapRequest = {
    name: 'res',
    type: 'array',
    key_size: 4,
    value_size: SLOT * (1 + progs * each),
    max_entries: 1,
  };
  const kind = [...FAMILY_TYPES, 'maps_in_maps', ...OTHERS][seed % ROWS]!;
  return {
    name: `${kind} ${seed}`,
    prog_type: pick(rng, ['xdp', 'sched_cls']),
    license: 'GPL',
    log_level: 0,
    btf: tinyBtf().toString('hex'),
    maps: [res, ...maps],
    progs: programs,
    ...(cpus > 1 && { cpus }),
    steps: [...steps, { op: 'lookup', map: 0, key: word(0) }, ...finalSteps(places)],
  };
}
