/** Which parameter types mean the context of a prog type. */

import type { KernelBtf } from '../../btf/kernelBtf.ts';
import type { BtfType } from '../../btf/parse.ts';
import { progTypeRow } from '../../spec/progTypes.ts';
import { type PtrType, typeBehind } from './types.ts';

/** Kernel structs that may stand for the uapi struct that is a view of them. */
const PROJECTIONS: Readonly<Record<string, string>> = { __sk_buff: 'sk_buff', xdp_md: 'xdp_buff' };
/** The struct behind the typedef. */
const KPROBE_CTX = ['bpf_user_pt_regs_t', 'pt_regs'];

/** Name of the struct that programs of a type get; undefined where it is a pointer without one or a number. */
function ctxStructName(progType: string): string | undefined {
  const ctx = progTypeRow(progType)?.ctx;
  return ctx === undefined || /\*|^__u\d+$/.test(ctx) ? undefined : ctx;
}

/** The first typedef behind qualifiers. */
function typedefName(btf: KernelBtf, id: number): string | undefined {
  for (let t = btf.type(id); t; ) {
    if (t.kind === 'typedef') return t.name;
    if (t.kind !== 'const' && t.kind !== 'volatile' && t.kind !== 'restrict' && t.kind !== 'type_tag') return undefined;
    t = btf.type(t.type);
  }
  return undefined;
}

/** Whether a pointer's type is that of the context. @kernel btf_is_prog_ctx_type */
export function isProgCtxType(btf: KernelBtf, ptr: PtrType, progType: string): boolean {
  if (progType === 'kprobe' && typedefName(btf, ptr.type) === KPROBE_CTX[0]) return true;
  const struct = typeBehind(btf, ptr.type);
  if (struct?.kind !== 'struct' && struct?.kind !== 'union') return false;
  const name = ctxStructName(progType);
  if (name === undefined) return false;
  if (progType === 'kprobe') return KPROBE_CTX.includes(struct.name);
  return struct.name === name || struct.name === PROJECTIONS[name];
}

const EIGHT_BYTES: ReadonlySet<string> = new Set(['raw_tracepoint', 'raw_tracepoint_writable', 'lsm', 'struct_ops']);
const ANYTHING: ReadonlySet<string> = new Set(['tracepoint', 'syscall', 'ext']);

/** Whether a struct or number means the context although it is not the type's own. */
function specialCtx(t: BtfType, progType: string, attachType: string | undefined): boolean {
  const struct = t.kind === 'struct' || t.kind === 'union' ? t.name : undefined;
  const u64 = t.kind === 'int' && t.size === 8;
  if (ANYTHING.has(progType)) return true;
  if (progType === 'kprobe' || progType === 'perf_event') return struct === 'pt_regs';
  if (EIGHT_BYTES.has(progType)) return u64;
  if (progType !== 'tracing') return false;
  if (attachType === 'trace_iter') return struct?.startsWith('bpf_iter__') ?? false;
  return u64 || (attachType === 'trace_raw_tp' && struct === 'bpf_raw_tracepoint_args');
}

/** What is wrong with a parameter that is tagged as the context. @kernel btf_validate_prog_ctx_type */
export function progCtxTypeDefect(
  btf: KernelBtf,
  ptr: PtrType,
  progType: string,
  attachType: string | undefined,
): string | undefined {
  const regs = progType === 'kprobe' || progType === 'perf_event';
  if (regs && typedefName(btf, ptr.type) === KPROBE_CTX[0]) return undefined;
  const t = typeBehind(btf, ptr.type);
  if (!t) return undefined;
  if (t.name === '') return "type doesn't have a name";
  if (specialCtx(t, progType, attachType)) return undefined;
  const name = progType === 'kprobe' ? KPROBE_CTX[1] : ctxStructName(progType);
  if (name === undefined) return 'should be void pointer';
  return t.kind !== 'struct' || t.name !== name ? `should be \`struct ${name} *\`` : undefined;
}
