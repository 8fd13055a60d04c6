/** Local storages and the kernel objects that they hang off. */
import { localStorageFree } from '../maps/localStorage.ts';
import { MAP_TYPES } from '../spec/mapTypes.ts';
import type { KernelCore } from './core.ts';

const { cgrp_storage, inode_storage, sk_storage, task_storage } = MAP_TYPES;
const LOCAL_STORAGES: readonly number[] = [cgrp_storage.id, inode_storage.id, sk_storage.id, task_storage.id];

/** Frees what hangs off a kernel object. @kernel bpf_sk_storage_free */
export function freeStorages({ maps, world }: KernelCore, object: number): void {
  const storages = world.maps.filter(({ type }) => LOCAL_STORAGES.includes(type));
  localStorageFree(
    maps,
    storages.map((map) => map.address),
    object,
  );
}

/** Frees a kernel object and what hangs off it. */
export function freeOwner(kernel: KernelCore, object: number): void {
  freeStorages(kernel, object);
  kernel.arena.free(object);
}
