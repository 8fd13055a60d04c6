/**
 * The BTF of the kernel profile, brought along: vmlinux in full, and the modules that have kfuncs. About a megabyte and a half of
 * text; nothing is decoded before it is asked for.
 */

import { unpackBtf } from './builtinColumns.ts';
import { BUILTIN_BTFS, BUILTIN_STREAMS } from './builtinData.ts';
import { inflate } from './builtinInflate.ts';
import { type KernelBtf, type KernelTypes, openKernelBtf } from './kernelBtf.ts';

/** `vmlinux`, or a module whose BTF is built in. */
export type BuiltinBtfName = keyof typeof BUILTIN_BTFS;

const opened = new Map<BuiltinBtfName, KernelBtf>();

/** The BTF blob, byte for byte that of /sys/kernel/btf/NAME. */
export function builtinBtfBlob(name: BuiltinBtfName): Uint8Array {
  const { start, bytes, columns } = BUILTIN_BTFS[name];
  // four characters for three bytes: decode only the groups that hold the stream
  const first = Math.floor(start / 3);
  const text = atob(BUILTIN_STREAMS.slice(first * 4, Math.ceil((start + bytes) / 3) * 4));
  const stream = Uint8Array.from({ length: bytes }, (_, i) => text.charCodeAt(start - first * 3 + i));
  const base = name === 'vmlinux' ? undefined : builtinBtf('vmlinux');
  return unpackBtf(inflate(stream, columns), base?.endId, base?.endString);
}

/**
 * The built-in BTF of 6.12.117, unpacked at the first call (a few tenths of a second) and shared by all later ones. Names that
 * it does not have give the problem `btf.not-builtin`: another module may have them.
 */
export function builtinBtf(name: BuiltinBtfName = 'vmlinux'): KernelBtf {
  const before = opened.get(name);
  if (before) return before;
  const base = name === 'vmlinux' ? undefined : builtinBtf('vmlinux');
  const btf = openKernelBtf(builtinBtfBlob(name), { name, builtin: true }, base);
  if (!btf.ok) throw new Error(`the built-in BTF of ${name} is damaged`);
  opened.set(name, btf.value);
  return btf.value;
}

/** The types of the profile's kernel and modules, all built in; nothing is unpacked before it is asked for. */
export const builtinTypes: KernelTypes = {
  vmlinux: () => builtinBtf(),
  module: (name) => (Object.hasOwn(BUILTIN_BTFS, name) ? builtinBtf(name as BuiltinBtfName) : undefined),
};
