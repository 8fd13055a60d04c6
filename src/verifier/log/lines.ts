/** Source lines in the log. */
import type { Env } from '../env.ts';
import { verbose } from '../env.ts';
import type { LineInfo } from '../structure/progInfo.ts';

/** The kernel formats into a buffer of so many bytes, its final zero included. */
const TMP_LOG_SIZE = 1024;

/** The line of an insn: the last record at or before it. @kernel bpf_find_linfo */
function findLinfo(env: Env, insnOff: number): LineInfo | undefined {
  const { line_info } = env;
  if (line_info.length === 0 || insnOff >= env.insns.length) return undefined;
  let [low, high] = [0, line_info.length - 1];
  while (low < high) {
    const middle = low + ((high - low + 1) >> 1);
    if (line_info[middle]!.insn_off <= insnOff) low = middle;
    else high = middle - 1;
  }
  return line_info[low];
}

/** One write of the log as its buffer cuts it. */
function cut(text: string): string {
  return text.length < TMP_LOG_SIZE ? text : text.slice(0, TMP_LOG_SIZE - 1);
}

/** The source line of an insn, unless it is the one that was shown last. @kernel verbose_linfo */
export function verboseLinfo(env: Env, insnOff: number, prefix: string): void {
  if (env.log.level === 0) return;
  const prev = env.prev_linfo;
  const linfo = findLinfo(env, insnOff);
  if (!linfo || linfo === prev) return;
  if (linfo.line_num === prev?.line_num && linfo.file_name_off === prev.file_name_off) return;
  const file = linfo.file_name.slice(linfo.file_name.lastIndexOf('/') + 1);
  verbose(env, prefix + cut(linfo.line.replace(/^[ \t-\r]+/, '')) + cut(` @ ${file}:${linfo.line_num}\n`));
  env.prev_linfo = linfo;
}
