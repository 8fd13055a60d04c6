/** Pseudo sources of 16-byte insns and opcodes that nobody knows. */

import { FIELD_KINDS } from '../../btf/fields.ts';
import { makeInsn } from '../../isa/codec.ts';
import type { Insn } from '../../isa/insn.ts';
import { rowNamed } from '../../isa/opcodes.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { hasField, isMapType, type MapInfo } from '../maps.ts';
import { classOf, familyRow, opcodeInInsntable } from '../program.ts';
import { checkPseudoBtfId } from './btfVar.ts';

const MAX_VAR_OFF = 1 << 29;
const MODE_BITS = 0xe0;
const LDX_MODES = new Set([rowNamed('ldxw').code & MODE_BITS, rowNamed('ldxsw').code & MODE_BITS]);
const MAX_USED_MAPS = 64;
/** @kernel is_tracing_prog_type */
const TRACING: ReadonlySet<string> = new Set([
  'kprobe',
  'tracepoint',
  'perf_event',
  'raw_tracepoint',
  'raw_tracepoint_writable',
]);
const NOT_TRACING = ['spin_lock', 'timer', 'wq'] as const;
/** Maps whose elements stay while a program that may sleep looks at them. */
const SLEEPABLE = [
  'hash',
  'percpu_hash',
  'array',
  'percpu_array',
  'lru_hash',
  'lru_percpu_hash',
  'array_of_maps',
  'hash_of_maps',
  'ringbuf',
  'user_ringbuf',
  'inode_storage',
  'sk_storage',
  'task_storage',
  'cgrp_storage',
  'queue',
  'stack',
  'arena',
] as const;
const ACCESS = { rdonlyProg: 1 << 7, wronlyProg: 1 << 8 } as const;

/** Map of an insn slot as the request's relocations say. */
export type MapOfSlot = (slot: number, insn: Insn) => MapInfo | undefined;

/** The standard streams are open files, but no maps. */
function isOpenFile(fd: number): boolean {
  return fd >= 0 && fd <= 2;
}

/** What the loader refuses to put into such a program. @kernel check_map_prog_compatibility */
function checkMapCompatibility(env: Env, map: MapInfo): Err {
  const { progType, sleepable } = env.facts;
  const tracing = TRACING.has(progType);
  if (tracing && hasField(map, 'list_head', 'rb_root'))
    return reject(env, 'map-tracing', { what: 'bpf_{list_head,rb_root}' });
  if (progType === 'socket_filter' && hasField(map, 'spin_lock')) return reject(env, 'map-socket-filter');
  for (const kind of tracing ? NOT_TRACING : []) {
    if (hasField(map, kind)) return reject(env, 'map-tracing', { what: FIELD_KINDS[kind].struct });
  }
  if (isMapType(map, 'struct_ops')) return reject(env, 'map-struct-ops');
  if (isMapType(map, 'arena')) return notCovered(env, 'arena');
  return sleepable && !isMapType(map, ...SLEEPABLE) ? reject(env, 'sleepable-map') : 0;
}

/** One of the maps that the program uses; each counts once. @kernel add_used_map_from_fd */
function addUsedMap(env: Env, map: MapInfo, used: Set<MapInfo>): Err {
  if (used.has(map)) return checkMapCompatibility(env, map);
  if (used.size >= MAX_USED_MAPS) return reject(env, 'map-too-many', { n: MAX_USED_MAPS });
  const second =
    isMapType(map, 'cgroup_storage', 'percpu_cgroup_storage') && [...used].some((u) => u.type === map.type);
  used.add(map);
  return checkMapCompatibility(env, map) || (second ? reject(env, 'map-cgroup-storage') : 0);
}

function checkMapValue(env: Env, map: MapInfo, off: number): Err {
  if (off >>> 0 >= MAX_VAR_OFF) return reject(env, 'direct-offset', { off: off >>> 0 });
  if (!isMapType(map, 'array')) return reject(env, 'direct-type');
  if (map.max_entries !== 1) {
    env.log.level !== 0 &&
      env.log.write(`invalid access to map value pointer, value_size=${map.value_size} off=${off}\n`);
    return -524;
  }
  return off >>> 0 >= map.value_size ? reject(env, 'direct-access', { size: map.value_size, off }) : 0;
}

function resolveOne(env: Env, i: number, insn: Insn, mapOf: MapOfSlot, used: Set<MapInfo>): Err {
  const next = env.insns[i + 1];
  if (next?.code !== 0 || next.dst !== 0 || next.src !== 0 || next.off !== 0) return reject(env, 'ld-imm64-invalid');
  if (insn.src === 0) return 0;
  const { row } = makeInsn({ code: insn.code, dst: insn.dst, src: insn.src, off: 0, imm: insn.imm }, next);
  const pseudo = row?.kind === 'ld_imm64' ? row.pseudo : undefined;
  switch (pseudo) {
    case undefined:
      return reject(env, 'ld-imm64-unrecognized');
    case 'value':
    case 'func':
      return 0;
    case 'btf_id':
      return checkPseudoBtfId(env, i, insn);
    case 'map_fd':
    case 'map_idx':
      if (next.imm !== 0) return reject(env, 'ld-imm64-unrecognized');
      break;
    case 'map_value':
    case 'map_idx_value':
      break;
  }
  const map = mapOf(i, insn);
  // Behind fd_array lie zeros.
  const fd = insn.src >= 5 ? 0 : insn.imm;
  if (!map) return reject(env, isOpenFile(fd) ? 'map-fd-other' : 'map-fd', { fd });
  const err = addUsedMap(env, map, used);
  if (err) return err;
  const direct = pseudo === 'map_value' || pseudo === 'map_idx_value';
  env.aux[i]!.map = { map, off: direct ? next.imm : undefined };
  return direct ? checkMapValue(env, map, next.imm) : 0;
}

/** @kernel resolve_pseudo_ldimm64 */
export function resolvePseudo(env: Env, mapOf: MapOfSlot): Err {
  const { insns } = env;
  const used = new Set<MapInfo>();
  for (let i = 0; i < insns.length; i++) {
    const insn = insns[i]!;
    if (classOf(insn) === 'LDX' && (!LDX_MODES.has(insn.code & MODE_BITS) || insn.imm !== 0)) {
      return reject(env, 'ldx-reserved');
    }
    if (familyRow(insn)?.kind === 'ld_imm64') {
      const err = resolveOne(env, i, insn, mapOf, used);
      if (err) return err;
      i++;
    } else if (!opcodeInInsntable(insn.code)) {
      return reject(env, 'unknown-opcode', { code: insn.code.toString(16).padStart(2, '0') });
    }
  }
  return 0;
}

/** Whether a program may read or write the elements. */
export function mapAccess(map: MapInfo): { readonly read: boolean; readonly write: boolean } {
  // Programs never write into device maps.
  const rdonly = (map.map_flags & ACCESS.rdonlyProg) !== 0 || isMapType(map, 'devmap', 'devmap_hash');
  return { read: (map.map_flags & ACCESS.wronlyProg) === 0, write: !rdonly };
}
