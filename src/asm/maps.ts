/** Map declarations and data sections as the maps to create. */
import type { Context } from './context.ts';
import type { DataSection, MapDecl, MapSide } from './declarations.ts';
import type { Expr } from './expr.ts';
import type { AsmMap, MapInit } from './object.ts';
import type { Spot } from './source.ts';
import type { CType } from './types.ts';
import { SCALAR_TYPES, sizeOf } from './types.ts';

/** What a map type lets a declaration leave out. */
const DEFAULTS: Readonly<Record<string, { key?: number; value?: number; maxEntries?: number; flags?: number }>> = {
  prog_array: { key: 4, value: 4 },
  perf_event_array: { key: 4, value: 4 },
  cgroup_array: { key: 4, value: 4 },
  array_of_maps: { key: 4, value: 4 },
  hash_of_maps: { value: 4 },
  array: { key: 4 },
  percpu_array: { key: 4 },
  ringbuf: { key: 0, value: 0 },
  user_ringbuf: { key: 0, value: 0 },
  queue: { key: 0 },
  stack: { key: 0 },
  bloom_filter: { key: 0 },
  sk_storage: { key: 4, maxEntries: 0, flags: 1 },
  inode_storage: { key: 4, maxEntries: 0, flags: 1 },
  task_storage: { key: 4, maxEntries: 0, flags: 1 },
  cgrp_storage: { key: 4, maxEntries: 0, flags: 1 },
};

/** Types whose maps the kernel creates only with BTF. */
const STORAGE = new Set(['sk_storage', 'inode_storage', 'task_storage', 'cgrp_storage']);

/** Types that take no BTF; libbpf leaves it out for them. */
const WITHOUT_BTF = new Set([
  'prog_array',
  'perf_event_array',
  'cgroup_array',
  'stack_trace',
  'array_of_maps',
  'hash_of_maps',
  'devmap',
  'devmap_hash',
  'cpumap',
  'xskmap',
  'sockmap',
  'sockhash',
  'queue',
  'stack',
  'arena',
  'ringbuf',
  'user_ringbuf',
  'bloom_filter',
]);

const U32_MAX = 0xffff_ffffn;

/** Numbers the types of map keys and values. */
export type TypeIds = (type: CType) => number;

class MapMaker {
  private readonly ctx: Context;
  private readonly types: TypeIds;
  private readonly programs: ReadonlySet<string>;

  constructor(ctx: Context, types: TypeIds, programs: ReadonlySet<string>) {
    this.ctx = ctx;
    this.types = types;
    this.programs = programs;
  }

  private u32(expr: Expr, at: Spot): number {
    const value = this.ctx.number(expr) ?? 0n;
    if (value < 0n || value > U32_MAX) this.ctx.problem('value-range', at, { value: String(value), bits: 32 });
    return Number(BigInt.asUintN(32, value));
  }

  private size(decl: MapDecl, side: MapSide | undefined, key: string, fallback: number | undefined): number {
    if (!side) {
      if (fallback === undefined) this.ctx.problem('missing-key', decl.at, { name: decl.name, key });
      return fallback ?? 0;
    }
    if (side.kind === 'size') return this.u32(side.expr, side.expr.at);
    const size = sizeOf(side.type);
    if (size === undefined) this.ctx.problem('incomplete-type', decl.at, { name: key });
    return size ?? 0;
  }

  private typeId(side: MapSide | undefined, size: number, wanted: boolean): number {
    if (side?.kind === 'type') return this.types(side.type);
    if (!wanted) return 0;
    const byte = SCALAR_TYPES.get('u8')!;
    return this.types({ kind: 'array', of: byte, count: size });
  }

  make(decl: MapDecl): AsmMap {
    const defaults = DEFAULTS[decl.type] ?? {};
    const keySize = this.size(decl, decl.key, 'key', defaults.key);
    const valueSize = this.size(decl, decl.value, 'value', defaults.value);
    if (!decl.maxEntries && defaults.maxEntries === undefined)
      this.ctx.problem('missing-key', decl.at, { name: decl.name, key: 'max_entries' });
    const storage = STORAGE.has(decl.type);
    const typed = !WITHOUT_BTF.has(decl.type) && (storage || decl.key?.kind === 'type' || decl.value?.kind === 'type');
    const mapExtra = decl.mapExtra && this.ctx.number(decl.mapExtra);
    if (decl.inner) this.checkMap(decl.inner.text, decl.inner);
    const flags = decl.mapFlags ? this.u32(decl.mapFlags, decl.mapFlags.at) : 0;
    return {
      name: decl.name,
      type: decl.type,
      keySize,
      valueSize,
      maxEntries: decl.maxEntries ? this.u32(decl.maxEntries, decl.maxEntries.at) : (defaults.maxEntries ?? 0),
      mapFlags: flags | (defaults.flags ?? 0),
      ...(mapExtra !== undefined && { mapExtra }),
      ...(decl.inner && { inner: decl.inner.text }),
      ...(decl.pinning && { pinning: 'by_name' as const }),
      btfKeyTypeId: !typed
        ? 0
        : storage && !decl.key
          ? this.types(SCALAR_TYPES.get('int')!)
          : this.typeId(decl.key, keySize, true),
      btfValueTypeId: typed ? this.typeId(decl.value, valueSize, true) : 0,
      frozen: false,
      values: this.values(decl, keySize, valueSize),
    };
  }

  private checkMap(name: string, at: Spot): void {
    const names = this.ctx.maps.map((m) => m.name);
    if (!names.includes(name)) this.ctx.report(this.ctx.unknown('unknown-map', name, at, names));
  }

  private values(decl: MapDecl, keySize: number, valueSize: number): MapInit[] {
    return decl.values.map(({ key, value, at }, i) => {
      const index = key ? (this.ctx.number(key) ?? 0n) : BigInt(i);
      const keyBytes = littleEndian(index, keySize);
      if ('text' in value) {
        const { text } = value;
        if (decl.type === 'prog_array' && this.programs.has(text)) return { key: keyBytes, value: { program: text } };
        if (decl.type.endsWith('_of_maps') && this.ctx.maps.some((m) => m.name === text))
          return { key: keyBytes, value: { map: text } };
        if (decl.type === 'prog_array' || decl.type.endsWith('_of_maps')) {
          this.ctx.problem('unknown-program', at, { name: text, map: decl.name });
          return { key: keyBytes, value: new Uint8Array() };
        }
        const number = this.ctx.number({ kind: 'symbol', name: text, at });
        return { key: keyBytes, value: littleEndian(number ?? 0n, valueSize) };
      }
      return { key: keyBytes, value: littleEndian(this.ctx.number(value) ?? 0n, valueSize) };
    });
  }
}

function littleEndian(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(64, value);
  for (let i = 0; i < Math.min(size, 8); i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

/** The maps that `.map` declares, in order. */
export function declaredMaps(ctx: Context, types: TypeIds, programs: ReadonlySet<string>): AsmMap[] {
  const maker = new MapMaker(ctx, types, programs);
  return ctx.maps.map((decl) => maker.make(decl));
}

const DATA_MAP = /^\.(?:rodata|data|bss)(?:\.|$)/;
const NAME_MAX = 15;
const RDONLY_PROG = 1 << 7;

/** libbpf's name for the map of a data section: a piece of the object's name and the section's. @kernel internal_map_name */
function sectionMapName(object: string, section: string): string {
  const suffix = section.slice(0, NAME_MAX);
  const prefix = object.slice(0, Math.max(0, NAME_MAX - Math.max(7, suffix.length)));
  return (prefix + suffix).replace(/[^\w.]/g, '_');
}

/** The data sections that become maps, in the order of the file. */
export function dataSections(ctx: Context): DataSection[] {
  return [...ctx.sections.values()].filter(
    (s): s is DataSection => s.kind === 'data' && s.size > 0 && DATA_MAP.test(s.name),
  );
}

/** Names of the maps of data sections, by section. `object` is the file's name without path and extension. */
export function sectionMapNames(sections: readonly DataSection[], object: string): Map<string, string> {
  return new Map(sections.map((s) => [s.name, sectionMapName(object, s.name)]));
}

/** The array map of a data section, filled with its bytes; .rodata is read-only for programs and frozen. */
export function sectionMap(section: DataSection, name: string): AsmMap {
  const readOnly = section.name.startsWith('.rodata');
  const bytes = section.bytes.slice(0, section.size);
  const key = new Uint8Array(4);
  return {
    name,
    type: 'array',
    keySize: 4,
    valueSize: section.size,
    maxEntries: 1,
    mapFlags: readOnly ? RDONLY_PROG : 0,
    btfKeyTypeId: 0,
    btfValueTypeId: 0,
    frozen: readOnly,
    values: bytes.some((b) => b !== 0) ? [{ key, value: bytes }] : [],
    section: section.name,
  };
}
