/** Map helpers, spin locks and the walk over a map's elements. */

import { MAP } from '../maps/object.ts';
import {
  forEachElem,
  forEachNext,
  mapDelete,
  mapLookup,
  mapLookupPercpu,
  mapPeek,
  mapPop,
  mapPush,
  mapUpdate,
} from '../maps/ops.ts';
import { MAP_TYPES } from '../spec/mapTypes.ts';
import type { HelperEnv, LoopHelper, LoopState, LoopStep } from './env.ts';
import { EINVAL, type ImplTable, u64 } from './impl.ts';
import { sockAt } from './sock.ts';

const SOCKET_MAPS: ReadonlySet<number> = new Set([MAP_TYPES.sockmap.id, MAP_TYPES.sockhash.id]);

/** Do look-ups of this map give sockets? */
export function holdsSockets(env: HelperEnv, map: number): boolean {
  return SOCKET_MAPS.has(env.arena.getU32(map + MAP.type));
}

/** What a look-up found, as the program gets it: a socket is referenced where it is counted. */
function found(env: HelperEnv, map: number, value: number): number {
  return value !== 0 && holdsSockets(env, map) ? env.sockets.acquire(value) : value;
}

export const mapImpls = {
  bpf_map_lookup_elem: (env, map, key) => found(env, map, mapLookup(env.maps, map, key, env.cpu)),
  bpf_map_update_elem: (env, map, key, value, flagsLo, flagsHi) =>
    mapUpdate(env.maps, map, key, holdsSockets(env, map) ? sockAt(env, value) : value, u64(flagsLo, flagsHi), env.cpu),
  bpf_map_delete_elem: (env, map, key) => mapDelete(env.maps, map, key, env.cpu),
  bpf_map_lookup_percpu_elem: (env, map, key, cpu) =>
    cpu >= env.arena.getU32(map + MAP.cpus) ? 0 : mapLookupPercpu(env.maps, map, key, cpu),
  bpf_map_push_elem: (env, map, value, flagsLo, flagsHi) => mapPush(env.maps, map, value, u64(flagsLo, flagsHi)),
  bpf_map_pop_elem: (env, map, value) => mapPop(env.maps, map, value),
  bpf_map_peek_elem: (env, map, value) => mapPeek(env.maps, map, value),
  // One program runs at a time, so a lock is never contended: only the word in the value shows that it is held.
  bpf_spin_lock: (env, lock) => env.arena.setU32(lock, 1),
  bpf_spin_unlock: (env, lock) => env.arena.setU32(lock, 0),
} satisfies ImplTable;

/** State words of the walk. */
const S = { map: 0, index: 1, node: 2, count: 3, ctxLo: 4, ctxHi: 5 } as const;

function step(env: HelperEnv, state: LoopState): LoopStep {
  const map = state.get(S.map) >>> 0;
  const cursor = { index: state.get(S.index) >>> 0, node: state.get(S.node) >>> 0 };
  const element = forEachNext(env.maps, map, cursor, env.cpu);
  if (!element) return { done: state.get(S.count) };
  state.set(S.index, element.cursor.index);
  state.set(S.node, element.cursor.node);
  state.set(S.count, state.get(S.count) + 1);
  // The callback sees a copy of the key: where the key lies, programs may not read.
  env.arena.copy(state.buffer, element.key, env.arena.getU32(map + MAP.keySize));
  return {
    call: [
      [map, 0],
      [state.buffer, 0],
      [element.value, 0],
      [state.get(S.ctxLo), state.get(S.ctxHi)],
      [0, 0],
    ],
  };
}

/** The result is the number of elements that the callback saw. */
export const forEachMapElem: LoopHelper = {
  callbackArg: 1,
  start(env, state, args) {
    const [map] = args[0]!;
    const [flagsLo, flagsHi] = args[3]!;
    const cursor = forEachElem(env.maps, map >>> 0);
    if ((flagsLo | flagsHi) !== 0 || typeof cursor === 'number') return { done: -EINVAL };
    state.set(S.map, map);
    state.set(S.index, cursor.index);
    state.set(S.node, cursor.node);
    state.set(S.count, 0);
    state.set(S.ctxLo, args[2]![0]);
    state.set(S.ctxHi, args[2]![1]);
    return step(env, state);
  },
  next: (env, state, r0) => (r0 !== 0 ? { done: state.get(S.count) } : step(env, state)),
};
