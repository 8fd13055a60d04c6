/** The BPF file system: paths that hold maps and programs. Directories are there where something is pinned below them. */
import { ERRNO } from '../spec/errno.ts';
import type { KernelCore } from './core.ts';
import { holdMap, putMapUser, unloadUnheld } from './lifetime.ts';
import type { MapRecord, ProgRecord, World } from './world.ts';

const { EACCES, EEXIST, EINVAL, EISDIR, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM } = ERRNO;
/** Where the file system is mounted. */
const MOUNT = '/sys/fs/bpf';
/** Where tc and Cilium pin the maps that all programs share. */
export const PIN_GLOBAL_DIR = `${MOUNT}/tc/globals`;
/** NAME_MAX and PATH_MAX. */
const NAME_MAX = 255;
const PATH_MAX = 4096;

/** A pinned object. */
export interface Pin {
  /** Absolute, without `.`, `..` and empty components. */
  readonly path: string;
  readonly kind: 'map' | 'prog';
  /** The map's or program's id. */
  readonly id: number;
}

/** A path as it stands, and whether what it names must be a directory. */
interface Walked {
  readonly path: string;
  readonly directory: boolean;
}

/** Where a path leads, from the root; or the errno of a path that leads nowhere whatever is pinned. @kernel link_path_walk */
function walk(text: string): Walked | number {
  if (text === '') return -ENOENT;
  if (text.length >= PATH_MAX) return -ENAMETOOLONG;
  const names: string[] = [];
  for (const name of text.split('/')) {
    if (name === '' || name === '.') continue;
    if (name.length > NAME_MAX) return -ENAMETOOLONG;
    if (name === '..') names.pop();
    else names.push(name);
  }
  return { path: `/${names.join('/')}`, directory: /\/\.{0,2}$/.test(text) };
}

/** Is a path the other or above it? */
function covers(above: string, path: string): boolean {
  return above === path || path.startsWith(above === '/' ? '/' : `${above}/`);
}

/** What is at a path: a pin, a directory, or the errno of looking there. Elsewhere than in the file system is nothing. */
function lookup({ pins }: World, { path, directory }: Walked): Pin | 'directory' | number {
  const pin = pins.find((p) => covers(p.path, path));
  if (pin) return pin.path === path && !directory ? pin : -ENOTDIR;
  if (covers(path, MOUNT) || pins.some((p) => covers(path, p.path))) return 'directory';
  // Names with a dot are kept for later use.
  return covers(MOUNT, path) && path.slice(MOUNT.length).includes('.') ? -EPERM : -ENOENT;
}

/**
 * Pins a map or program, which then lives as long as the path does; directories on the way are made. 0 or -errno: -EINVAL
 * for an object that is gone, -EEXIST where there is something, -ENOTDIR below a pin, -EPERM outside of the file system
 * and for names with a dot, -ENOENT for an empty path or one that ends in a slash, -ENAMETOOLONG.
 * @kernel bpf_obj_pin_user
 */
export function pinObject(kernel: KernelCore, object: MapRecord | ProgRecord, path: string): number {
  const { world } = kernel;
  const map = world.maps.find((m) => m.id === object.id);
  if (!map && !world.progs.some((p) => p.id === object.id)) return -EINVAL;
  const at = walk(path);
  if (typeof at === 'number') return at;
  const there = lookup(world, at);
  if (typeof there !== 'number' || world.pins.some((p) => p.path === at.path)) return -EEXIST;
  if (there !== -ENOENT || at.directory) return there;
  if (!covers(MOUNT, at.path)) return -EPERM;
  const pin: Pin = { path: at.path, kind: map ? 'map' : 'prog', id: object.id };
  if (map) holdMap(kernel, map);
  const pins = [...world.pins, pin].sort((a, b) => (a.path < b.path ? -1 : 1));
  kernel.world = { ...kernel.world, pins };
  return 0;
}

/**
 * Removes a pin, and what nothing else holds with it. 0 or -errno: -ENOENT, -EISDIR for a directory, -ENOTDIR below a pin.
 * @kernel bpf_free_inode
 */
export function unpinObject(kernel: KernelCore, path: string): number {
  const { world } = kernel;
  const at = walk(path);
  if (typeof at === 'number') return at;
  const pin = lookup(world, at);
  if (pin === 'directory') return -EISDIR;
  if (typeof pin === 'number') return pin;
  kernel.world = { ...world, pins: world.pins.filter((p) => p !== pin) };
  const map = world.maps.find((m) => m.id === pin.id);
  if (map) putMapUser(kernel, map);
  else unloadUnheld(kernel);
  return 0;
}

/**
 * The map or program at a path, without a hold on it; or -errno: -ENOENT, -EACCES for a directory, -ENOTDIR below a pin,
 * -EPERM for names with a dot.
 * @kernel bpf_obj_get_user
 */
export function pinnedObject({ world }: KernelCore, path: string): MapRecord | ProgRecord | number {
  const at = walk(path);
  if (typeof at === 'number') return at;
  const pin = lookup(world, at);
  if (pin === 'directory') return -EACCES;
  if (typeof pin === 'number') return pin;
  const objects: readonly (MapRecord | ProgRecord)[] = pin.kind === 'map' ? world.maps : world.progs;
  return objects.find((o) => o.id === pin.id) ?? -ENOENT;
}

/** The pins in a directory and below, sorted by path; all of them without one. */
export function listPins({ pins }: World, directory = '/'): readonly Pin[] {
  const at = walk(directory);
  return typeof at === 'number' ? [] : pins.filter((p) => p.path !== at.path && covers(at.path, p.path));
}
