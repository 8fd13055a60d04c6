import type { MapAttr, MapEnv } from '../../src/maps/attr.ts';
import { createMap } from '../../src/maps/create.ts';
import { Arena } from '../../src/mem/arena.ts';

export interface Bench {
  readonly env: MapEnv;
  /** Room that plays a program's stack. */
  readonly key: number;
  readonly value: number;
}

export function bench(options: Partial<MapEnv> = {}): Bench {
  const arena = options.arena ?? new Arena();
  const stack = arena.alloc({ kind: 'stack', size: 512 });
  if (!stack.ok) throw new Error('no memory');
  return { env: { cpus: 1, ...options, arena }, key: stack.value, value: stack.value + 256 };
}

const DEFAULTS: MapAttr = { type: 1, name: 'm', key_size: 4, value_size: 8, max_entries: 8, map_flags: 0 };

/** A map that can be created; unlike it, key 4, value 8, 8 entries. */
export function mapOf(env: MapEnv, attr: Partial<MapAttr>, id = 1): number {
  const created = createMap(env, { ...DEFAULTS, ...attr }, id, 1);
  if ('map' in created) return created.map;
  throw new Error(`not created: ${JSON.stringify(created)}`);
}

export function errnoOf(env: MapEnv, attr: Partial<MapAttr>): number | string {
  const created = createMap(env, { ...DEFAULTS, ...attr }, 1, 1);
  if ('map' in created) return 0;
  return 'errno' in created ? created.errno : created.problem.code;
}

export function u32(...words: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}
