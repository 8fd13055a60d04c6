/** Load requests of random programs over shared maps: several maps, one to three programs that call each other's tails. */
import type { LoadRequest, MapRequest, ProgRequest } from '../../../src/spec/request.ts';
import { random } from '../generate.ts';
import { insn, tinyBtf } from '../program.ts';
import { addImm, CTX, exit, type Item, ldValue, link, mov, movReg, RES, RUN, SLOT } from './code.ts';
import { FAMILY_TYPES, pick, type Rng, randomMap, type Target, word } from './maps.ts';
import { anyOp, tailOp } from './ops.ts';
import { walkable, walkOp } from './walks.ts';

/** An outer map with some inner ones: maps of the same shape, arrays with BPF_F_INNER_MAP of any length. */
export function mapsInMaps(rng: Rng, first: number, ordered = false): { target: Target; requests: MapRequest[] } {
  const made = randomMap(rng, first, pick(rng, [0, 0, 1, 2, 4, 4, 4, 5]), ordered);
  const anyLength = made.target.kind === 'hash' || (made.target.flags & 0x1000) !== 0;
  const template: MapRequest = { ...made.request, updates: [] };
  const inners = [
    template,
    ...Array.from({ length: 1 + rng(3) }, (_, i) => ({
      ...template,
      name: `m${first + 1 + i}`,
      ...(anyLength ? { max_entries: 1 + rng(9) } : {}),
    })),
  ];
  const index = first + inners.length;
  const hashed = rng(2) === 0;
  const entries = 1 + rng(4);
  const flags = hashed ? 64 | (rng(2) === 0 ? 1 : 0) : 0;
  const key = hashed ? pick(rng, [4, 8]) : 4;
  const outer: Target = {
    index,
    kind: 'outer',
    type: hashed ? 'hash_of_maps' : 'array_of_maps',
    key,
    value: 4,
    entries,
    flags,
    percpu: false,
    lru: false,
    ordered: true,
    read: true,
    write: false,
    inner: made.target,
  };
  const keyOf = (i: number): string => word(i) + (key === 8 ? word(i * 7) : '');
  const updates = Array.from({ length: rng(6) }, () => ({
    key: keyOf(rng(entries)),
    value_map: first + rng(inners.length),
  }));
  return {
    target: outer,
    requests: [
      ...inners,
      {
        name: `m${index}`,
        type: outer.type,
        key_size: key,
        value_size: 4,
        max_entries: entries,
        map_flags: flags,
        inner_map: first,
        updates,
      },
    ],
  };
}

function funcInfo(starts: readonly number[]): string {
  return starts.map((at, i) => word(at) + word(i === 0 ? 3 : 4)).join('');
}

/** One program with `count` operations, whose results begin at `slot`. */
export function program(
  rng: Rng,
  name: string,
  targets: readonly Target[],
  jumps: { map: number; size: number },
  slot: number,
  count: number,
): ProgRequest {
  const main: Item[] = [
    movReg(CTX, 1),
    ldValue(RES, 0),
    insn(0x79, RUN, RES, 0, 0),
    movReg(1, RUN),
    addImm(1, 1),
    insn(0x7b, RES, 1, 0, 0),
    insn(0x57, RUN, 0, 0, 3),
  ];
  const callbacks: Item[][] = [];
  for (let i = 0; i < count; i++) {
    const t = pick(rng, targets);
    if (jumps.size > 0 && rng(14) === 0) main.push(...tailOp(rng, jumps.map, jumps.size, slot + i));
    else if (walkable(t) && rng(7) === 0) {
      const walk = walkOp(rng, t, slot + i, 0, callbacks.length);
      main.push(...walk.main);
      callbacks.push(walk.callback);
    } else main.push(...anyOp(rng, t, slot + i));
  }
  main.push(mov(0, 2), exit);
  const { insns, map_relocs, starts } = link(main, callbacks);
  return {
    name,
    insns,
    map_relocs,
    ...(callbacks.length > 0 && { func_info: funcInfo(starts), func_info_rec_size: 8 }),
  };
}

/** The request of a seed, with about `ops` operations in all. The seed's remainder chooses one of the map types. */
export function mixedRequest(seed: number, ops: number): LoadRequest {
  const rng = random(seed);
  const targets: Target[] = [];
  const maps: MapRequest[] = [];
  const first = seed % (FAMILY_TYPES.length + 1);
  const kind = FAMILY_TYPES[first] ?? 'maps_in_maps';
  for (let i = 0, n = pick(rng, [1, 1, 2, 3]); i < n; i++) {
    const family = i === 0 ? first : rng(FAMILY_TYPES.length + 1);
    if (family === FAMILY_TYPES.length) {
      const { target, requests } = mapsInMaps(rng, 1 + maps.length);
      targets.push(target, target.inner!);
      maps.push(...requests);
    } else {
      const { target, request } = randomMap(rng, 1 + maps.length, family);
      targets.push(target);
      maps.push(request);
    }
  }
  const progs = pick(rng, [1, 1, 2, 3]);
  const jumps = { map: 1 + maps.length, size: rng(2) === 0 ? 1 + rng(4) : 0 };
  if (jumps.size > 0) {
    const updates = Array.from({ length: rng(4) }, () => ({
      key: word(rng(jumps.size)),
      value_prog_index: rng(progs),
    }));
    maps.push({ name: 'jumps', type: 'prog_array', key_size: 4, value_size: 4, max_entries: jumps.size, updates });
  }
  const each = Math.ceil(ops / progs);
  const programs = Array.from({ length: progs }, (_, i) => program(rng, `p${i}`, targets, jumps, 1 + i * each, each));
  const res: MapRequest = {
    name: 'res',
    type: 'array',
    key_size: 4,
    value_size: SLOT * (1 + progs * each),
    max_entries: 1,
  };
  return {
    name: `${kind} ${seed}`,
    prog_type: pick(rng, ['xdp', 'sched_cls']),
    license: 'GPL',
    log_level: 0,
    dump_maps: true,
    btf: tinyBtf().toString('hex'),
    maps: [res, ...maps],
    progs: programs,
    test_run: Array.from({ length: 2 + rng(3) }, () => ({ prog: rng(progs), data: '00'.repeat(64) })),
  };
}
