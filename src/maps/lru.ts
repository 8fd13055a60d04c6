import type { Arena } from '../mem/arena.ts';
import type { MapEnv } from './attr.ts';
import { ELEM } from './element.ts';
import { listAdd, listDel, listEmpty, listInit, listMove, listNext, listPrev } from './list.ts';
import {
  clearRef,
  delFromHtab,
  elementOf,
  firstFree,
  isRef,
  LRU,
  lruListInit,
  move,
  moveIn,
  nodeCpu,
  nodeOf,
  nodeType,
  rotate,
  setNodeCpu,
  setNodeType,
  shrink,
  T_ACTIVE,
  T_FREE,
  T_INACTIVE,
  T_LOCAL_FREE,
  T_LOCAL_PENDING,
  takeFree,
} from './lruList.ts';
import { MAP, PCPU, pcpu } from './object.ts';
import { F } from './uapi.ts';

const LOCAL_FREE_TARGET = 128;
const PERCPU_FREE_TARGET = 4;

/** Every CPU has an LRU list of its own (BPF_F_NO_COMMON_LRU). */
function isPercpuLru(arena: Arena, map: number): boolean {
  return (arena.getU32(map + MAP.flags) & F.NO_COMMON_LRU) !== 0;
}

/** Divides the elements of a new map among the free lists. @kernel bpf_lru_init, bpf_lru_populate */
export function lruInit(env: MapEnv, map: number): void {
  const { arena, cpus } = env;
  const first = arena.getU32(map + MAP.values);
  const stride = arena.getU32(map + MAP.stride);
  const entries = arena.getU32(map + MAP.maxEntries);
  if (isPercpuLru(arena, map)) {
    const share = (entries / cpus) * stride;
    for (let cpu = 0; cpu < cpus; cpu++)
      lruListInit(arena, pcpu(map, cpu) + PCPU.lru, first + cpu * share, first + (cpu + 1) * share);
    arena.setU32(map + MAP.nrScans, PERCPU_FREE_TARGET);
    return;
  }
  lruListInit(arena, map + MAP.lru, first, first + entries * stride);
  for (let cpu = 0; cpu < cpus; cpu++) {
    const local = pcpu(map, cpu);
    listInit(arena, local + PCPU.localFree);
    listInit(arena, local + PCPU.localPending);
    arena.setU32(local + PCPU.nextSteal, cpu);
  }
  arena.setU32(map + MAP.nrScans, LOCAL_FREE_TARGET);
  const half = Math.floor(Math.floor(entries / cpus) / 2);
  const target = env.lruFixedTarget ? LOCAL_FREE_TARGET : Math.min(Math.max(half, 1), LOCAL_FREE_TARGET);
  arena.setU32(map + MAP.targetFree, target);
}

/** Takes an element for a key with this hash, evicting others if need be: its address or 0. @kernel bpf_lru_pop_free */
export function lruPopFree(env: MapEnv, map: number, hash: number, cpu: number): number {
  const percpu = isPercpuLru(env.arena, map);
  const node = percpu ? percpuPopFree(env, map, hash, cpu) : commonPopFree(env, map, hash, cpu);
  return node === 0 ? 0 : elementOf(node);
}

/** Gives an element that is in no bucket back. @kernel bpf_lru_push_free */
export function lruPushFree(env: MapEnv, map: number, element: number, cpu: number): void {
  const { arena } = env;
  const node = nodeOf(element);
  if (isPercpuLru(arena, map)) move(arena, pcpu(map, nodeCpu(arena, node)) + PCPU.lru, node, T_FREE);
  else commonPushFree(env, map, node, cpu);
}

/** @kernel bpf_common_lru_push_free */
function commonPushFree(env: MapEnv, map: number, node: number, cpu: number): void {
  const { arena } = env;
  const type = nodeType(arena, node);
  if (type === T_FREE || type === T_LOCAL_FREE) return;
  if (type === T_LOCAL_PENDING) {
    const local = pcpu(map, nodeCpu(arena, node));
    const element = elementOf(node);
    env.locks?.reached({ point: 'bpf_common_lru_push_free:pending', map, cpu, at: local, element });
    if (!lockLocal(env, map, local, cpu)) return;
    // Its CPU may have moved it to the LRU list meanwhile.
    if (nodeType(arena, node) === T_LOCAL_PENDING) {
      setNodeType(arena, node, T_LOCAL_FREE);
      clearRef(arena, node);
      listMove(arena, node, local + PCPU.localFree);
      return;
    }
  }
  move(arena, map + MAP.lru, node, T_FREE);
}

/** Takes the lock of a CPU's local lists; false where that would never end. */
function lockLocal(env: MapEnv, map: number, local: number, cpu: number): boolean {
  return env.locks === undefined || env.locks.lock('local list', map, local, cpu) === 0;
}

function setHash(arena: Arena, node: number, hash: number): void {
  arena.setU32(elementOf(node) + ELEM.hash, hash);
}

/** @kernel bpf_percpu_lru_pop_free */
function percpuPopFree(env: MapEnv, map: number, hash: number, cpu: number): number {
  const { arena } = env;
  const l = pcpu(map, cpu) + PCPU.lru;
  rotate(arena, map, l);
  if (firstFree(arena, map, l) === 0) shrink(env, map, l, PERCPU_FREE_TARGET, l + LRU.free, T_FREE, cpu);
  const node = firstFree(arena, map, l);
  if (node === 0) return 0;
  setNodeCpu(arena, node, cpu);
  setHash(arena, node, hash);
  clearRef(arena, node);
  move(arena, l, node, T_INACTIVE);
  return node;
}

/** @kernel bpf_common_lru_pop_free */
function commonPopFree(env: MapEnv, map: number, hash: number, cpu: number): number {
  const { arena } = env;
  const local = pcpu(map, cpu);
  if (!lockLocal(env, map, local, cpu)) return 0;
  let node = localPopFree(arena, local);
  if (node === 0) {
    popFreeToLocal(env, map, local, cpu);
    node = localPopFree(arena, local);
  }
  if (node === 0) {
    node = steal(env, map, local, cpu);
    if (node === 0) return 0;
    env.locks?.reached({
      point: 'bpf_common_lru_pop_free:stolen',
      map,
      cpu,
      at: local,
      element: elementOf(node),
    });
    if (!lockLocal(env, map, local, cpu)) return 0;
  }
  addPending(arena, local, cpu, node, hash);
  return node;
}

/** Neither this CPU nor the LRU list has a node: takes one from the lists of the CPUs in turn. */
function steal(env: MapEnv, map: number, local: number, cpu: number): number {
  const { arena } = env;
  const cpus = arena.getU32(map + MAP.cpus);
  const first = arena.getU32(local + PCPU.nextSteal);
  let from = first;
  let node = 0;
  do {
    const victim = pcpu(map, from);
    env.locks?.reached({ point: 'bpf_common_lru_pop_free:steal', map, cpu, at: victim, element: 0 });
    if (!lockLocal(env, map, victim, cpu)) return 0;
    node = localPopFree(arena, victim);
    if (node === 0) node = localPopPending(env, map, victim, cpu);
    from = (from + 1) % cpus;
  } while (node === 0 && from !== first);
  arena.setU32(local + PCPU.nextSteal, from);
  return node;
}

/** @kernel bpf_lru_list_pop_free_to_local */
function popFreeToLocal(env: MapEnv, map: number, local: number, cpu: number): void {
  const { arena } = env;
  env.locks?.reached({ point: 'bpf_lru_list_pop_free_to_local:enter', map, cpu, at: local, element: 0 });
  const l = map + MAP.lru;
  flushPending(arena, l, local);
  rotate(arena, map, l);
  const target = arena.getU32(map + MAP.targetFree);
  const localFree = local + PCPU.localFree;
  const taken = takeFree(arena, map, l, target, localFree);
  if (taken < target) shrink(env, map, l, target - taken, localFree, T_LOCAL_FREE, cpu);
}

/** @kernel __local_list_flush */
function flushPending(arena: Arena, l: number, local: number): void {
  const head = local + PCPU.localPending;
  for (let node = listPrev(arena, head); node !== head; ) {
    const before = listPrev(arena, node);
    moveIn(arena, l, node, isRef(arena, node) ? T_ACTIVE : T_INACTIVE);
    node = before;
  }
}

/** @kernel __local_list_pop_free */
function localPopFree(arena: Arena, local: number): number {
  const head = local + PCPU.localFree;
  if (listEmpty(arena, head)) return 0;
  const node = listNext(arena, head);
  listDel(arena, node);
  return node;
}

/** The oldest pending node without a reference, else the oldest of all. @kernel __local_list_pop_pending */
function localPopPending(env: MapEnv, map: number, local: number, cpu: number): number {
  const { arena } = env;
  const head = local + PCPU.localPending;
  for (const force of [false, true]) {
    for (let node = listPrev(arena, head); node !== head; node = listPrev(arena, node)) {
      if ((isRef(arena, node) && !force) || !delFromHtab(env, map, node, cpu)) continue;
      listDel(arena, node);
      return node;
    }
  }
  return 0;
}

/** @kernel __local_list_add_pending */
function addPending(arena: Arena, local: number, cpu: number, node: number, hash: number): void {
  setHash(arena, node, hash);
  setNodeCpu(arena, node, cpu);
  setNodeType(arena, node, T_LOCAL_PENDING);
  clearRef(arena, node);
  listAdd(arena, node, local + PCPU.localPending);
}
