/** Sysctls that are being read or written: their names and values as text. */
import type { Arena } from '../mem/arena.ts';
import { UAPI } from '../spec/constants.ts';
import { LAYOUTS, type MemberName, offsetOf } from '../spec/layouts.ts';
import type { HelperEnv } from './env.ts';
import { E2BIG, EINVAL, type ImplTable } from './impl.ts';

const { BPF_F_SYSCTL_BASE_NAME } = UAPI;
const PAGE_SIZE = 4096;

type Member = MemberName<'bpf_sysctl_kern'>;

function field(arena: Arena, ctl: number, member: Member): number {
  return arena.getU32(ctl + offsetOf('bpf_sysctl_kern', member));
}

/** The text at an address, up to its NUL. */
function textAt(arena: Arena, at: number): Uint8Array {
  const end = arena.u8.indexOf(0, at);
  return arena.bytes(at, end - at);
}

/** The names of the directories on the way to the sysctl, each with its slash. @kernel sysctl_cpy_dir */
function directories(arena: Arena, dir: number): Uint8Array[] {
  const names: Uint8Array[] = [];
  const { parent, ctl_table: tables } = LAYOUTS.ctl_table_header.members;
  for (let at = dir; at !== 0; at = arena.getU32(at + parent[0])) {
    const name = textAt(arena, arena.getU32(arena.getU32(at + tables[0]) + offsetOf('ctl_table', 'procname')));
    // The root has no name, and no slash.
    if (name.length > 0) names.unshift(name, Uint8Array.of(0x2f));
  }
  return names;
}

/** Copies texts one behind the other with a NUL at the end; what does not fit is cut. @kernel strscpy */
function copyTexts(arena: Arena, to: number, room: number, texts: readonly Uint8Array[]): number {
  let used = 0;
  for (const text of texts) {
    const fitting = Math.min(text.length, room - used - 1);
    arena.put(to + used, text.subarray(0, fitting));
    arena.setU8(to + used + fitting, 0);
    if (fitting < text.length) return -E2BIG;
    used += fitting;
  }
  return used;
}

/** Copies a value, padded with zeros; one that does not fit is cut and ends with a NUL. @kernel copy_sysctl_value */
function copyValue(arena: Arena, to: number, room: number, from: number, length: number): number {
  if (to === 0) return -EINVAL;
  if (room === 0) return -E2BIG;
  if (from === 0 || length === 0) {
    arena.fill(to, 0, room);
    return -EINVAL;
  }
  arena.copy(to, from, Math.min(room, length));
  if (room > length) {
    arena.fill(to + length, 0, room - length);
    return length;
  }
  arena.setU8(to + room - 1, 0);
  return -E2BIG;
}

function isWrite(env: HelperEnv, ctl: number): boolean {
  return field(env.arena, ctl, 'write') !== 0;
}

export const sysctlImpls = {
  bpf_sysctl_get_name(env, ctx, buf, size, flags, flagsHi) {
    const { arena } = env;
    const ctl = env.object(ctx);
    if (buf === 0 || (flags & ~BPF_F_SYSCTL_BASE_NAME) !== 0 || flagsHi !== 0) return -EINVAL;
    const name = textAt(arena, arena.getU32(field(arena, ctl, 'table') + offsetOf('ctl_table', 'procname')));
    if ((flags & BPF_F_SYSCTL_BASE_NAME) !== 0) return copyTexts(arena, buf, size, [name]);
    const parent = arena.getU32(field(arena, ctl, 'head') + offsetOf('ctl_table_header', 'parent'));
    return copyTexts(arena, buf, size, [...directories(arena, parent), name]);
  },

  bpf_sysctl_get_current_value(env, ctx, buf, size) {
    const ctl = env.object(ctx);
    return copyValue(env.arena, buf, size, field(env.arena, ctl, 'cur_val'), field(env.arena, ctl, 'cur_len'));
  },

  bpf_sysctl_get_new_value(env, ctx, buf, size) {
    const ctl = env.object(ctx);
    if (isWrite(env, ctl)) {
      return copyValue(env.arena, buf, size, field(env.arena, ctl, 'new_val'), field(env.arena, ctl, 'new_len'));
    }
    if (buf !== 0 && size > 0) env.arena.fill(buf, 0, size);
    return -EINVAL;
  },

  bpf_sysctl_set_new_value(env, ctx, buf, size) {
    const { arena } = env;
    const ctl = env.object(ctx);
    const value = field(arena, ctl, 'new_val');
    if (!isWrite(env, ctl) || value === 0 || field(arena, ctl, 'new_len') === 0) return -EINVAL;
    if (buf === 0 || size === 0) return -EINVAL;
    if (size > PAGE_SIZE - 1) return -E2BIG;
    arena.copy(value, buf, size);
    arena.setU8(value + size, 0);
    arena.setU32(ctl + offsetOf('bpf_sysctl_kern', 'new_len'), size);
    arena.setU32(ctl + offsetOf('bpf_sysctl_kern', 'new_updated'), 1);
    return 0;
  },
} satisfies ImplTable;
