/** Places as they are typed: `*12`, `40`, `node.bpf:40`, `drop`, `tc_main+3`, `call bpf_map_update_elem`, `update ct4_global [KEY]`. */

import { verdictNames } from '../../kernel/replay/verdict.ts';
import { HELPERS } from '../../spec/helpers/index.ts';
import { KFUNCS } from '../../spec/kfuncs/index.ts';
import { fail, ok, type Result } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import { parseExpr, place } from '../expr/index.ts';
import { findMap } from '../inspect/maps.ts';
import type { ProgSymbols } from '../symbols.ts';
import type { View } from '../view.ts';
import { sessionProblem } from './messages.ts';
import type { BreakPlace, InsnPlace } from './types.ts';

type Parsed = Result<BreakPlace>;

const HELP =
  'write a line (40, file.bpf:40), an insn (*12), a label or function, or call NAME, tail-call, update MAP, fault, verdict NAME';

/** The program that is meant where none is named: the one that runs, or the first. */
function currentProg({ machine, symbols }: View): ProgSymbols {
  return (machine && symbols.prog(machine.prog.id)) ?? symbols.progs[0]!;
}

/** Slots in words: an insn of a program that has it. */
function insnPlace(prog: ProgSymbols, slot: number, text: string): Parsed {
  if (prog.insns[slot] === undefined) {
    return fail(sessionProblem('slot-range', {}, { prog: prog.name, slot, last: prog.insns.length - 1 }));
  }
  return ok({ kind: 'insn', at: [{ prog: prog.prog.id, slot }], text });
}

/** Lines of the file that the current insn is in, or of the first file there is. */
function currentFile(view: View): string | undefined {
  const { machine, symbols } = view;
  const here = machine && symbols.prog(machine.prog.id)?.insns[machine.pc]?.position?.pos.file;
  return here ?? symbols.files[0];
}

/** The insns of a source line. */
function linePlace({ symbols }: View, file: string, line: number, text = `${file}:${line}`): Parsed {
  const places = symbols.atLine(file, line);
  if (places.length === 0)
    return fail(sessionProblem('no-line', {}, { file, line, known: symbols.files.join(', ') || 'none' }));
  return ok({ kind: 'insn', at: places.map(({ prog, slot }) => ({ prog: prog.prog.id, slot })), text });
}

/** Functions and labels of that name, in every program that has it; `prog` chooses one. */
function namedPlace({ symbols }: View, name: string, offset = 0, prog?: ProgSymbols): Parsed {
  const text = `${prog ? `${prog.name}:` : ''}${name}${offset === 0 ? '' : `+${offset}`}`;
  const at: InsnPlace[] = (prog ? [prog] : symbols.progs).flatMap((p) => {
    const found = p.functions.find((f) => f.name === name) ?? p.labels.find((l) => l.name === name);
    const slot = found ? found.slot + offset : p.name === name ? offset : undefined;
    return slot !== undefined && p.insns[slot] ? [{ prog: p.prog.id, slot }] : [];
  });
  if (at.length > 0) return ok({ kind: 'insn', at, text });
  const hint = suggest(name, symbols.names);
  return fail(sessionProblem('no-place', {}, { text, help: hint === undefined ? HELP : `did you mean '${hint}'?` }));
}

/** Calls of a helper or kfunc. */
function callPlace(name: string): Parsed {
  if (Object.hasOwn(HELPERS, name) || Object.hasOwn(KFUNCS, name)) return ok({ kind: 'call', name });
  const hint = suggest(name, [...Object.keys(HELPERS), ...Object.keys(KFUNCS)]);
  const help = hint === undefined ? 'helpers are called bpf_…' : `did you mean '${hint}'?`;
  return fail(sessionProblem('no-call', {}, { name, help }));
}

function mapPlace(op: 'update' | 'delete' | 'any', rest: string, view: View): Parsed {
  const found = /^(\S+?)\s*(?:\[(.*)\])?$/s.exec(rest);
  const name = found?.[1] ?? '';
  const map = findMap(view, name);
  if (!map.ok) return map;
  const key = found?.[2];
  if (key === undefined) return ok({ kind: 'map', op, map: name });
  const expr = parseExpr(`${name}[${key}]`);
  if (!expr.ok) return expr;
  const target = place(expr.value, view);
  if (target?.kind !== 'map') {
    const help = 'write the key as in an expression: a number, {field: value}, hex:0a00…';
    return fail(sessionProblem('no-place', {}, { text: `${name}[${key}]`, help }));
  }
  return ok({ kind: 'map', op, map: name, key: target.key });
}

/** Verdicts that some program of the session may have: by name, as a number, or that the run was refused or faulted. */
function verdictPlace(name: string, { symbols }: View): Parsed {
  const types = [...new Set(symbols.progs.map((p) => p.prog.executable.progType))];
  const known = [...new Set(types.flatMap(verdictNames))];
  if (name === '' || known.includes(name) || /^(-?\d+|-E[A-Z0-9]+|fault)$/.test(name)) {
    return ok({ kind: 'verdict', ...(name !== '' && { name }) });
  }
  return fail(sessionProblem('no-verdict', {}, { type: types.join(', '), name, known: known.join(', ') || 'numbers' }));
}

type Word = (rest: string, view: View) => Parsed;

/** Places that begin with a word of their own. */
const WORDS: Readonly<Record<string, Word>> = {
  call: (rest) => callPlace(rest),
  'tail-call': (rest) => ok({ kind: 'tail-call', ...(rest !== '' && { to: rest }) }),
  update: (rest, view) => mapPlace('update', rest, view),
  delete: (rest, view) => mapPlace('delete', rest, view),
  change: (rest, view) => mapPlace('any', rest, view),
  fault: () => ok({ kind: 'fault' }),
  verdict: verdictPlace,
  packet: (rest) => ok({ kind: 'packet', ...(/^\d{1,9}$/.test(rest) && { number: Number(rest) }) }),
  insn: (rest, view) =>
    /^\d{1,9}$/.test(rest) ? insnPlace(currentProg(view), Number(rest), `*${rest}`) : unknown(rest),
};

function unknown(text: string): Parsed {
  return fail(sessionProblem('no-place', {}, { text, help: HELP }));
}

/** The words that places begin with, for completion. */
export const PLACE_WORDS: readonly string[] = Object.keys(WORDS);

/**
 * Reads a place. A number is a line of the current source file, or an insn where there is no source; `*12` is always an
 * insn, of the current program or with its name before it (`tc_main:*12`).
 */
export function parsePlace(given: string, view: View): Parsed {
  const text = given.trim();
  const [, word = '', rest = ''] = /^([a-z-]+)(?:\s+(.*))?$/s.exec(text) ?? [];
  if (Object.hasOwn(WORDS, word)) return WORDS[word]!(rest.trim(), view);
  if (text === '') {
    const { machine } = view;
    return machine ? insnPlace(currentProg(view), machine.pc, `*${machine.pc}`) : unknown(text);
  }
  const number = /^(\*?)(\d{1,9})$/.exec(text);
  if (number) {
    const value = Number(number[2]);
    const file = number[1] === '' ? currentFile(view) : undefined;
    return file === undefined ? insnPlace(currentProg(view), value, `*${value}`) : linePlace(view, file, value);
  }
  const pair = /^(.+):(\*?)([\w.]+)(?:\+(\d{1,9}))?$/.exec(text);
  if (pair) {
    const [, left, star, right, offset] = pair as unknown as [string, string, string, string, string | undefined];
    const prog = view.symbols.named(left);
    if (prog && star === '*' && /^\d+$/.test(right)) return insnPlace(prog, Number(right), `${left}:*${right}`);
    if (prog) return namedPlace(view, right, Number(offset ?? 0), prog);
    return /^\d{1,9}$/.test(right) ? linePlace(view, left, Number(right)) : unknown(text);
  }
  const named = /^([\w.$-]+)(?:\+(\d{1,9}))?$/.exec(text);
  return named ? namedPlace(view, named[1]!, Number(named[2] ?? 0)) : unknown(text);
}
