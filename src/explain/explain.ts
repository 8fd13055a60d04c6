/** From a rejection's log to its explanation: one engine for our own logs and for pasted ones. */
import { helperName } from '../spec/helpers/index.ts';
import type { ProgRequest } from '../spec/request.ts';
import { matchRow } from './catalogue/index.ts';
import type { Edit, ErrorRow, Finding } from './catalogue/row.ts';
import { DEFAULT_CLASS, fillWords } from './catalogue/row.ts';
import { makeFix } from './diff.ts';
import type { Explanation, FaultPlace } from './explanation.ts';
import { lineage } from './lineage.ts';
import { readEvents } from './log/events.ts';
import type { Path } from './log/path.ts';
import { failingPath } from './log/path.ts';
import { stripLog } from './log/strip.ts';
import type { ProgramSource } from './source.ts';
import { listing, placeOf } from './source.ts';

/** What is asked to be explained. */
export interface ExplainInput {
  /** A verifier log of level 1 or 2, of any kernel since 4.9; wrappers of libbpf and cilium/ebpf may be around it. */
  readonly log: string;
  /** The program's text, for places and for changes in it. */
  readonly source?: ProgramSource;
  /** The program as it was loaded: its type decides what it may return. */
  readonly program?: ProgRequest;
}

/** A number is used as a pointer. */
const NO_POINTER = 'BPF-E003';

/** What programs may return without doing harm, by type: let the packet pass, allow what is asked. */
const HARMLESS: Readonly<Record<string, number>> = {
  xdp: 2,
  cgroup_skb: 1,
  cgroup_sock: 1,
  cgroup_sock_addr: 1,
  sk_lookup: 1,
};

/** What is true of every rejection that has no row. */
const OTHER: ErrorRow = {
  id: 'BPF-E000',
  name: 'other',
  messages: [],
  category: 'Program Structure',
  class: DEFAULT_CLASS,
  headline: 'The verifier refused the program; there is no explanation for this message yet.',
  why: 'The line above is what the kernel says.',
  suggestion: 'Look at the insn at which the log stops, and at what the line above says of it.',
  example: '',
};

function words(text: ErrorRow['headline'], f: Finding): string {
  const chosen = (typeof text === 'string' ? text : text(f)) ?? '';
  const helper = f.helper ?? (f.at?.does.kind === 'call' ? 'the function' : 'the call');
  const filled = fillWords(chosen, { helper, ...f.args });
  return `${filled.slice(0, 1).toUpperCase()}${filled.slice(1)}`;
}

function keepName(text: string, f: Finding): string {
  // A helper's name at the start of a sentence stays as it is.
  const name = f.args.name ?? f.helper;
  return name !== undefined && text.toLowerCase().startsWith(name.toLowerCase())
    ? name + text.slice(name.length)
    : text;
}

const AROUND = 2;

function around(slot: number, path: Path, source: ProgramSource | undefined): FaultPlace['around'] {
  const known = new Map([...listing(source), ...path.steps.map((s) => [s.slot, s.text] as const)]);
  const slots = [...known.keys()].sort((a, b) => a - b);
  const at = slots.indexOf(slot);
  const near = slots.slice(Math.max(0, at - AROUND), at + AROUND + 1);
  return near.map((s) => ({ slot: s, text: known.get(s)! }));
}

/** What the program is attached to, as the request or the log says. */
function attachment(program: ProgRequest | undefined, path: Path): Pick<Finding, 'attachedTo' | 'attachType'> {
  const to = program?.attach_btf_name ?? path.traced;
  const type = program?.expected_attach_type;
  return { ...(to !== undefined && { attachedTo: to }), ...(type !== undefined && { attachType: String(type) }) };
}

/** The place of a rejection that names an insn although no path was walked. */
function namedPlace(f: Finding, source: ProgramSource | undefined): { slot: number; text: string } | undefined {
  const slot = Number(f.args.insn ?? f.args.from);
  const text = Number.isNaN(slot) ? undefined : listing(source).get(slot);
  return text === undefined ? undefined : { slot, text };
}

/** What is found in a log, for those who go on from it: the explanation and the path behind it. */
export interface Explained {
  readonly explanation: Explanation;
  readonly path: Path;
}

/** Whether unknown words are the verifier's: insns or the closing line are with them, a loader's wrapping, or a register's name. */
function isFromVerifier({ steps, processed, messages }: Path, program: string | undefined): boolean {
  return steps.length > 0 || processed !== undefined || program !== undefined || /^R\d+ /.test(messages[0]!);
}

/** Reads a log and explains it; undefined where it holds no complaint, or is no verifier log. */
export function explainLog(input: ExplainInput): Explained | undefined {
  const { source, program } = input;
  const stripped = stripLog(input.log);
  const path = failingPath(readEvents(stripped.lines));
  const [first] = path.messages;
  if (first === undefined) return undefined;
  const at = path.steps[path.steps.length - 1];
  const frame = path.frames[path.frames.length - 1];
  const type = program?.prog_type === undefined ? undefined : String(program.prog_type);
  const does = at?.does;
  const helper =
    does?.kind === 'helper'
      ? does.name === '' || does.name === 'unknown'
        ? helperName(does.id)
        : does.name
      : undefined;
  const base = {
    messages: path.messages,
    path,
    reg: (n: number) => frame?.get(`R${n}`),
    harmless: HARMLESS[type ?? ''] ?? 0,
    ...(at && { at }),
    ...(type !== undefined && { progType: type }),
    ...(helper !== undefined && { helper }),
    ...attachment(program, path),
  };
  const matched = matchRow(path.messages, base);
  if (!matched && !isFromVerifier(path, stripped.program)) return undefined;
  const row = matched?.row ?? OTHER;
  const finding: Finding = matched?.finding ?? { ...base, message: first, args: {} };
  const named = path.steps.length === 0 ? namedPlace(finding, source) : undefined;
  const register = row.register
    ? row.register(finding)
    : finding.args.r === undefined
      ? undefined
      : Number(finding.args.r);
  const where = at ? { slot: at.slot, text: at.text } : named;
  const place = where && placeOf(source, where.slot);
  const edit: Edit | undefined = row.fix?.(finding);
  const fix = edit && makeFix(edit, source, path.steps);
  const proof = row.proof?.(finding);
  const causalPath = lineage(path, register);
  // What took a pointer away says more than that it is none.
  const end = causalPath.findLast((step) => step.kind === 'end');
  const lost = row.id === NO_POINTER && end ? `R${register} is no pointer any more: ${end.what}.` : undefined;
  const explanation: Explanation = {
    id: row.id,
    name: row.name,
    headline: lost ?? keepName(words(row.headline, finding), finding),
    class: (typeof row.class === 'function' ? row.class(finding) : row.class) ?? DEFAULT_CLASS,
    category: row.category,
    message: finding.message,
    ...(stripped.program !== undefined && { program: stripped.program }),
    reason: row.why,
    ...(proof && { proof }),
    ...(where && {
      at: {
        ...where,
        ...(place && { source: place }),
        ...(at?.source && { quoted: at.source }),
        ...(register !== undefined && { register }),
        around: around(where.slot, path, source),
      },
    }),
    causalPath,
    suggestion: words(row.suggestion, finding),
    ...(fix && { fix }),
    ...(row !== OTHER && { page: `docs/errors/${row.id}.md` }),
  };
  return { explanation, path };
}
