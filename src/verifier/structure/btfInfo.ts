/** func_info and line_info of a program against its BTF and its subprograms. */

import { type KernelBtf, openKernelBtf } from '../../btf/kernelBtf.ts';
import { FUNC_LINKAGES } from '../../btf/kinds.ts';
import type { BtfType } from '../../btf/parse.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { ProgRequest } from '../../spec/request.ts';
import { fromHex } from '../../util/hex.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { checkCoreRelo } from './coreRelo.ts';
import { badRecSize, type InfoRecords, infoRecords } from './infoRecords.ts';
import type { FuncInfo, LineInfo } from './progInfo.ts';
import { typeBehind, typesOf } from './types.ts';

const FUNC_INFO = 8;
const LINE_INFO = 16;
/** Bits of a line_info's last word that hold the column. */
const COLUMN_BITS = 10;
const TAG_EXCEPTION_CALLBACK = /^exception_callback:/;

interface Infos {
  readonly funcs: InfoRecords;
  readonly lines: InfoRecords;
}

function infosOf(request: ProgRequest): Infos | undefined {
  const funcs = infoRecords(request.func_info, request.func_info_rec_size, FUNC_INFO);
  const lines = infoRecords(request.line_info, request.line_info_rec_size, LINE_INFO);
  return funcs && lines && { funcs, lines };
}

/** Subprograms without BTF have no return type, so they may not end a program from within. @kernel check_abnormal_return */
function checkAbnormalReturn(env: Env): Err {
  for (const sub of env.subprogs.slice(1)) {
    if (sub.has_ld_abs) return reject(env, 'no-btf-ld-abs');
    if (sub.has_tail_call) return reject(env, 'no-btf-tail-call');
  }
  return 0;
}

/** @kernel check_btf_func_early */
function checkBtfFuncEarly(env: Env, btf: KernelBtf, funcs: InfoRecords): Err {
  const { size, count } = funcs;
  if (count === 0) return 0;
  if (badRecSize(size, FUNC_INFO)) return reject(env, 'func-rec-size', { size });
  const infos: FuncInfo[] = [];
  for (let i = 0, prev = 0; i < count; i++) {
    if (!funcs.tailZero(i, FUNC_INFO)) return reject(env, 'func-tail');
    const [insn_off, type_id] = [funcs.u32(i, 0), funcs.u32(i, 4)];
    if (i === 0 && insn_off !== 0) return reject(env, 'func-first', { off: insn_off });
    if (i > 0 && insn_off <= prev) return reject(env, 'func-order', { off: insn_off, prev });
    const type = btf.type(type_id);
    if (type?.kind !== 'func') return reject(env, 'func-type', { id: type_id | 0 });
    if (btf.type(type.type)?.kind !== 'func_proto') return -ERRNO.EINVAL;
    prev = insn_off;
    infos.push({ insn_off, type_id });
  }
  env.func_info = infos;
  return 0;
}

/** Records by themselves, before anything is known of the program. @kernel check_btf_info_early */
export function checkBtfInfoEarly(env: Env, request: ProgRequest): Err {
  const infos = infosOf(request);
  if (!infos) return notCovered(env, 'func_info or line_info that is not hexadecimal');
  if (infos.funcs.count === 0 && infos.lines.count === 0) return 0;
  // Without BTF the descriptor is 0: an open file that is none.
  if (!request.btf) return -ERRNO.EINVAL;
  const blob = fromHex(request.btf);
  const parsed = blob && openKernelBtf(blob, { name: 'the program' });
  if (!parsed?.ok) return notCovered(env, 'BTF that does not load');
  env.btf = parsed.value;
  return checkBtfFuncEarly(env, env.btf, infos.funcs) || checkExceptionCallback(env, env.btf);
}

/** A main function may name its exception callback in a tag. @kernel bpf_find_exception_callback_insn_off */
function checkExceptionCallback(env: Env, btf: KernelBtf): Err {
  const main = env.func_info[0]?.type_id;
  const tagged = [...typesOf(btf)].some(
    (t) => t?.kind === 'decl_tag' && t.type === main && t.component === -1 && TAG_EXCEPTION_CALLBACK.test(t.name),
  );
  return tagged ? notCovered(env, 'exception callback') : 0;
}

/** Whether a function returns a number that is no wider than a register. */
function returnsScalar(btf: KernelBtf, func: BtfType | undefined): boolean {
  const proto = func?.kind === 'func' ? btf.type(func.type) : undefined;
  if (proto?.kind !== 'func_proto') return false;
  // btf_type_skip_modifiers, where a declaration tag is no modifier.
  const ret = typeBehind(btf, proto.ret);
  if (ret?.kind === 'enum' || ret?.kind === 'enum64') return true;
  return ret?.kind === 'int' && ret.size <= 8;
}

/** @kernel check_btf_func */
function checkBtfFunc(env: Env, btf: KernelBtf): Err {
  const { subprogs, func_info } = env;
  if (func_info.length === 0) return checkAbnormalReturn(env);
  if (func_info.length !== subprogs.length - 1) return reject(env, 'func-count');
  for (const [i, { insn_off, type_id }] of func_info.entries()) {
    const sub = subprogs[i]!;
    if (sub.start !== insn_off) return reject(env, 'func-layout');
    if (i === 0 || returnsScalar(btf, btf.type(type_id))) continue;
    if (sub.has_ld_abs) return reject(env, 'func-ld-abs');
    if (sub.has_tail_call) return reject(env, 'func-tail-call');
  }
  env.func_info_aux = func_info.map(({ type_id }) => {
    const type = btf.type(type_id) as BtfType & { kind: 'func' };
    return { name: type.name, linkage: FUNC_LINKAGES[type.linkage] ?? 'extern', unreliable: false, args: undefined };
  });
  return 0;
}

/** @kernel check_btf_line */
function checkBtfLine(env: Env, btf: KernelBtf, lines: InfoRecords): Err {
  const { size, count } = lines;
  if (count === 0) return 0;
  if (badRecSize(size, LINE_INFO)) return -ERRNO.EINVAL;
  const len = env.insns.length;
  const subs = env.subprogs.length - 1;
  const infos: LineInfo[] = [];
  let s = 0;
  for (let i = 0, prev = 0; i < count; i++) {
    if (!lines.tailZero(i, LINE_INFO)) return reject(env, 'line-tail');
    const [off, file, line, place] = [0, 4, 8, 12].map((at) => lines.u32(i, at)) as [number, number, number, number];
    if ((i > 0 && off <= prev) || off >= len) return reject(env, 'line-off', { i, off, prev, len });
    if (env.insns[off]!.code === 0) return reject(env, 'line-code', { i });
    if (line >= btf.endString || file >= btf.endString) return reject(env, 'line-strings', { i });
    if (s < subs) {
      const { start } = env.subprogs[s]!;
      if (off === start) s++;
      else if (start < off) return reject(env, 'line-missing', { s });
    }
    prev = off;
    infos.push({
      insn_off: off,
      file_name: btf.string(file),
      file_name_off: file,
      line: btf.string(line),
      line_num: place >>> COLUMN_BITS,
      line_col: place & ((1 << COLUMN_BITS) - 1),
    });
  }
  if (s < subs) return reject(env, 'line-missing-rest', { n: subs - s, s });
  env.line_info = infos;
  return 0;
}

/** Records against the subprograms. @kernel check_btf_info */
export function checkBtfInfo(env: Env, request: ProgRequest): Err {
  const { btf } = env;
  if (!btf) return checkAbnormalReturn(env);
  const infos = infosOf(request)!;
  return checkBtfFunc(env, btf) || checkBtfLine(env, btf, infos.lines) || checkCoreRelo(env, btf, request);
}
