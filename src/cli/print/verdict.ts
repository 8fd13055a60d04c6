/** The verdict on a program: for people in a few lines, for scripts as an object. */

import { decodeProgram } from '../../isa/codec.ts';
import { exactInsnText } from '../../isa/disasm.ts';
import { slotsOf } from '../../isa/insn.ts';
import { attachTypeName, attachTypeRow } from '../../spec/attachTypes.ts';
import { errnoName } from '../../spec/errno.ts';
import { helperName } from '../../spec/helpers/index.ts';
import { progTypeName, progTypeRow } from '../../spec/progTypes.ts';
import type { ProgRequest } from '../../spec/request.ts';
import { fromHex } from '../../util/hex.ts';
import type { Place } from '../../util/problem.ts';
import { explainProblem } from '../../util/problem.ts';
import type { SetupFailure } from '../../verifier/result.ts';
import { cliProblem } from '../messages.ts';
import type { Style } from '../style.ts';
import type { Verified } from '../verifyInputs.ts';

/** Lines of the log that are no words of a rejection: insns, states, branches, functions, source, marks, the end. */
const NO_WORDS =
  /^(\d+: |from \d+ to \d+|func#|;|mark_precise|last_idx|regs=|parent |processed |verification time|stack depth|$)/;

/** The kernel's words for a rejection: the last lines of the log before the closing ones. */
function rejectionWords(log: string): readonly string[] {
  const lines = log.split('\n');
  let end = lines.length;
  while (end > 0 && /^(processed |verification time|stack depth|$)/.test(lines[end - 1]!)) end--;
  let start = end;
  while (start > 0 && !NO_WORDS.test(lines[start - 1]!)) start--;
  return lines.slice(start, end);
}

/** Name of the prog type, and of the attach type if there is one. */
export function typeNames(request: ProgRequest): { readonly type: string; readonly attach: string | undefined } {
  const prog = progTypeRow(request.prog_type ?? 'xdp');
  const attach = request.expected_attach_type === undefined ? undefined : attachTypeRow(request.expected_attach_type);
  return {
    type: (prog && progTypeName(prog.id)) ?? String(request.prog_type),
    attach: attach && attachTypeName(attach.id),
  };
}

/** The insn at a slot as the kernel writes it. */
function insnAt({ insns }: ProgRequest, slot: number): string | undefined {
  const bytes = fromHex(typeof insns === 'string' ? insns : (insns ?? []).join(''));
  let at = 0;
  for (const insn of decodeProgram(bytes ?? new Uint8Array())) {
    if (at === slot) return exactInsnText(insn, 'kernel', { helper: helperName });
    at += slotsOf(insn);
  }
  return undefined;
}

interface VerdictPrinter {
  readonly style: Style;
  /** Programs of several files or several of one: each is named with its file. */
  readonly several: boolean;
}

const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** The verdict; below a rejection the kernel's last lines and the source line. */
export function verdictText(verified: Verified, { style, several }: VerdictPrinter): string {
  const { program, file } = verified;
  const { verification: v } = program;
  const name = style.bold(several ? `${file}: ${program.name}` : program.name);
  const lifted = v.lifted.map((rule) => `  ${style.yellow('lifted')}: ${rule} (--allow)\n`).join('');
  if (v.verdict === 'not_covered') return `${name}: ${style.yellow('not covered')}: ${v.what}\n${lifted}`;
  if (v.verdict === 'accept') {
    const { insns, total_states: states, stack_depth: stack } = v.stats;
    const numbers = `${plural(insns, 'insn')} processed, ${plural(states, 'state')}, ${plural(stack, 'byte')} of stack`;
    return `${name}: ${style.green('accepted')} (${numbers})\n${lifted}`;
  }
  const errno = errnoName(v.errno) ?? String(v.errno);
  const problem = cliProblem('verdict', insnPlace(verified, v.insn), { said: saidText(v) });
  const text = explainProblem(problem).replace(/(^|: )error: /, `$1${style.red('error')}: `);
  return `${name}: ${style.red('rejected')} with ${errno}\n${text}\n${lifted}`;
}

/** What a request ends with before its program is looked at. */
const SETUP: Readonly<Record<SetupFailure['stage'], string>> = {
  btf_load: 'bpf(BPF_BTF_LOAD) refuses the BTF',
  map_create: 'bpf(BPF_MAP_CREATE) refuses a map',
  attach_prog: 'the program to attach to is refused',
};

/** The words of a rejection as one text. */
export function saidText({ log, setup }: { readonly log: string; readonly setup?: SetupFailure }): string {
  const words = rejectionWords(log);
  // A log of BTF lists every type before what is wrong.
  if (setup)
    return [SETUP[setup.stage], setup.detail ?? words.at(-1)?.trim() ?? ''].filter((line) => line !== '').join('\n  ');
  return words.length > 0 ? words.join('\n  ') : 'bpf(2) refuses the program and says nothing';
}

/** Where an insn was written, or the insn itself. */
export function insnPlace(
  { program, position }: Pick<Verified, 'program' | 'position'>,
  slot: number | undefined,
): Place {
  if (slot === undefined) return {};
  const source = position(slot);
  if (source) return { pos: source.pos, ...(source.text !== undefined && { text: source.text }), insn: slot };
  const text = insnAt(program.request, slot);
  return { insn: slot, ...(text !== undefined && { text }) };
}

/** One program of `--json`. */
export function verdictJson(verified: Verified): Record<string, unknown> {
  const { program, file, duration, position } = verified;
  const { verification: v, name, size, request } = program;
  const { type, attach } = typeNames(request);
  const source = v.verdict === 'reject' && v.insn !== undefined ? position(v.insn) : undefined;
  return {
    file,
    name,
    type,
    attach_type: attach ?? null,
    size,
    verdict: v.verdict,
    ...(v.verdict === 'not_covered' && { what: v.what }),
    ...(v.verdict === 'reject' && {
      errno: v.errno,
      errname: errnoName(v.errno),
      words: rejectionWords(v.log),
      ...(v.insn !== undefined && { insn: v.insn, disasm: insnAt(request, v.insn) }),
      ...(source && { pos: source.pos, source: source.text }),
      ...(v.reason && { reason: { code: v.reason.code, args: v.reason.args } }),
    }),
    stats: v.stats,
    lifted: v.lifted,
    duration_us: duration,
    log: v.log,
  };
}
