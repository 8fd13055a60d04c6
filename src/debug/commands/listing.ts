/** Source and disassembly, as lines. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { evaluate, parseExpr } from '../expr/index.ts';
import type { ProgSymbols } from '../symbols.ts';
import { commandProblem } from './messages.ts';
import type { Shell } from './shell.ts';

/** Numbers of breakpoints by the insn that they stop at. */
function breaksOf(shell: Shell, prog: ProgSymbols): ReadonlyMap<number, number> {
  const marks = new Map<number, number>();
  for (const { place, number, enabled } of shell.session.breakpoints.list) {
    if (place.kind !== 'insn' || !enabled) continue;
    for (const at of place.at) if (at.prog === prog.prog.id) marks.set(at.slot, number);
  }
  return marks;
}

/** Insns `from` to `to` (slots) of a program: `=>` marks where it stands, `*` breakpoints. */
export function disassembly(shell: Shell, prog: ProgSymbols, from: number, to: number): string[] {
  const { machine } = shell.session.view();
  const here = machine?.prog.id === prog.prog.id ? machine.pc : -1;
  const marks = breaksOf(shell, prog);
  const names = new Map([...prog.labels, ...prog.functions].map((s) => [s.slot, s.name]));
  return prog.insns.slice(from, to + 1).flatMap((insn) => {
    if (!insn) return [];
    const { slot, text } = insn;
    const name = names.get(slot);
    const mark = `${slot === here ? '=>' : '  '}${marks.has(slot) ? '*' : ' '}`;
    return [...(name === undefined ? [] : [`${name}:`]), `${mark}${String(slot).padStart(5)}: ${text}`];
  });
}

/** `count` insns at the slot or function pointer that an expression gives. */
export function insnsAt(shell: Shell, text: string, count: number): Result<string[]> {
  const view = shell.view();
  const expr = parseExpr(text);
  if (!expr.ok) return expr;
  const value = evaluate(expr.value, view);
  if (!value.ok) return value;
  const address = value.value.kind === 'number' ? Number(value.value.value) : -1;
  const { symbols, machine } = view;
  const inText = symbols.progs.find(({ prog, insns }) => {
    const { text: base } = prog.executable;
    return address >= base && address < base + 8 * insns.length;
  });
  const prog = inText ?? (machine && symbols.prog(machine.prog.id));
  const slot = inText ? (address - inText.prog.executable.text) >> 3 : address;
  if (!prog?.insns[slot]) return fail(commandProblem('no-insn', {}, { text }));
  const last = prog.insns.flatMap((insn) => (insn && insn.slot >= slot ? [insn.slot] : []))[count - 1];
  return ok(disassembly(shell, prog, slot, last ?? prog.insns.length - 1));
}

/** Lines of a source file around one; the line that it stands at is marked. */
export function sourceLines(shell: Shell, file: string, line: number, around = 5): string[] {
  const text = shell.session.symbols.lines(file);
  if (!text) return [`${file} is not at hand.`];
  const here = shell.session.frames()[0]?.pos;
  const first = Math.max(1, line - around);
  return text.slice(first - 1, line + around).map((source, i) => {
    const number = first + i;
    const mark = here && here.file === file && here.line === number ? '=>' : '  ';
    return `${mark}${String(number).padStart(5)}  ${source}`;
  });
}
