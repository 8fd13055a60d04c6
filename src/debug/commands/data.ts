/** Commands that look. */

import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import { evaluate, formatValue, parseExpr } from '../expr/index.ts';
import { frameLines } from '../inspect/frames.ts';
import { sessionProblem } from '../session/messages.ts';
import { valueText } from '../session/watch.ts';
import type { ProgSymbols } from '../symbols.ts';
import { displayLines } from './display.ts';
import { INFO } from './info.ts';
import { disassembly, insnsAt, sourceLines } from './listing.ts';
import { memoryLines, numberText, parseFormat } from './memory.ts';
import { commandProblem } from './messages.ts';
import { wholeNumber } from './numbers.ts';
import { placeNames } from './placeNames.ts';
import type { CommandRow, Reply } from './row.ts';
import { say } from './row.ts';
import type { Shell } from './shell.ts';
import { frameText, insnLines } from './stopText.ts';

type Row = CommandRow<Shell>;

const AROUND = 12;

/** The frame `by` frames further in. */
function selectNext(shell: Shell, by: 1 | -1): Result<Reply> {
  const depth = shell.view().depth + by;
  const frames = shell.session.frames();
  if (frames.length > 0 && !frames.some((f) => f.depth === depth)) {
    return fail(commandProblem(by < 0 ? 'no-caller' : 'no-callee'));
  }
  return select(shell, depth);
}

/** An insn with its program. */
interface InsnAt {
  readonly prog: ProgSymbols;
  readonly slot: number;
}

/** The insn that a text names; without one, where the session stands. */
function insnAt(shell: Shell, text: string): Result<InsnAt> {
  if (text === '' && shell.session.frames().length === 0) return fail(commandProblem('nowhere'));
  const place = shell.session.place(text);
  if (!place.ok) return place;
  const at = place.value.kind === 'insn' ? place.value.at[0] : undefined;
  const prog = at && shell.session.symbols.prog(at.prog);
  return prog ? ok({ prog, slot: at.slot }) : fail(commandProblem('nowhere'));
}

/** Chooses a frame and says which. */
function select(shell: Shell, depth: number): Result<Reply> {
  const frame = shell.session.frames().find((f) => f.depth === depth);
  if (!frame)
    return fail(
      shell.session.frames().length === 0 ? commandProblem('nowhere') : sessionProblem('no-frame', {}, { depth }),
    );
  shell.selectFrame(depth);
  return ok({ ...say(`frame ${depth}: ${frameText(shell, frame)}`, ...insnLines(shell, frame)), moved: true });
}

export const DATA_COMMANDS: readonly Row[] = [
  {
    names: ['print', 'p', 'inspect'],
    group: 'data',
    args: '[/FORMAT] EXPR',
    help: 'the value of an expression',
    more: [
      'p r1',
      'p/x pkt[12:2]',
      'p ipv4.src',
      'p ctx.mark',
      'p *(u32 *)(fp-8)',
      'p ct4_global[KEY].lifetime',
      'formats: x hex, d signed, u unsigned, o octal, t binary, c character',
    ],
    run: (shell, args) => {
      if (args === '') return fail(commandProblem('missing', {}, { what: 'an expression', usage: 'print EXPR' }));
      const expr = parseExpr(args);
      if (!expr.ok) return expr;
      const value = evaluate(expr.value, shell.view());
      if (!value.ok) return value;
      if (shell.format === '' || value.value.kind !== 'number') return ok(say(formatValue(value.value)));
      const format = parseFormat(shell.format);
      if (!format.ok) return format;
      const text = numberText(value.value.value, format.value.format, format.value.size);
      return ok(say(text.replace(/^0x0+(?=.)/, '0x')));
    },
  },
  {
    names: ['x'],
    group: 'data',
    args: '[/NFU] EXPR',
    help: 'memory at an address: N units, format F (x d u o t c i), unit U (b h w g)',
    more: ['x/16xb r7', 'x/2xg fp-16', 'x/5i pc'],
    run: (shell, args) => {
      if (args === '') return fail(commandProblem('missing', {}, { what: 'an address', usage: 'x/8xb EXPR' }));
      const format = parseFormat(shell.format);
      if (!format.ok) return format;
      const { format: letter, count } = format.value;
      const lines = letter === 'i' ? insnsAt(shell, args, count) : memoryLines(shell.view(), args, format.value);
      return lines.ok ? ok(say(...lines.value)) : lines;
    },
  },
  {
    names: ['info', 'i'],
    group: 'data',
    args: 'SUBJECT',
    help: `one of ${INFO.map((row) => row.names[0]).join(', ')}`,
    more: INFO.map((row) => `info ${row.names[0].padEnd(12)} ${row.help}`),
    complete: () => INFO.flatMap((row) => row.names),
    run: (shell, args) => {
      const [, word = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(args) ?? [];
      const exact = INFO.find((row) => row.names.includes(word));
      const begun = INFO.filter((row) => word !== '' && row.names[0].startsWith(word));
      const row = exact ?? (begun.length === 1 ? begun[0] : undefined);
      if (row) {
        const lines = row.lines(shell, rest);
        return say(...(lines.length === 0 ? ['nothing to tell'] : lines));
      }
      if (word === '') {
        const usage = `info SUBJECT, one of ${INFO.map((r) => r.names[0]).join(', ')}`;
        return fail(commandProblem('missing', {}, { what: 'what to tell', usage }));
      }
      const hint = suggest(
        word,
        INFO.flatMap((r) => r.names),
      );
      const help =
        hint === undefined ? `subjects: ${INFO.map((r) => r.names[0]).join(', ')}` : `did you mean '${hint}'?`;
      return fail(commandProblem('unknown', {}, { word: `info ${word}`, help }));
    },
  },
  {
    names: ['display'],
    group: 'data',
    args: '[EXPR]',
    help: 'show an expression at every stop; all of them now without one',
    run: (shell, args) => {
      if (args === '') return say(...displayLines(shell));
      const expr = parseExpr(args);
      if (!expr.ok) return expr;
      const number = Math.max(0, ...shell.displays.map((d) => d.number)) + 1;
      shell.displays = [...shell.displays, { number, text: args, expr: expr.value }];
      return ok({ ...say(`${number}: ${args} = ${valueText(expr.value, shell.view())}`), moved: true });
    },
  },
  {
    names: ['undisplay'],
    group: 'data',
    args: '[N]',
    help: 'show an expression no more; none without a number',
    run: (shell, args) => {
      if (args === '') {
        shell.displays = [];
        return say();
      }
      const number = wholeNumber(args, 'undisplay [N]');
      if (!number.ok) return number;
      if (!shell.displays.some((d) => d.number === number.value)) {
        return fail(commandProblem('no-display', {}, { number: number.value }));
      }
      shell.displays = shell.displays.filter((d) => d.number !== number.value);
      return ok(say());
    },
  },
  {
    names: ['backtrace', 'bt'],
    group: 'data',
    help: 'the call frames, innermost first',
    run: (shell) => {
      const lines = frameLines(shell.view());
      return lines.length === 0 ? fail(commandProblem('nowhere')) : ok(say(...lines));
    },
  },
  {
    names: ['frame', 'f'],
    group: 'data',
    args: '[N]',
    help: 'look at a frame: 0 is the outermost, as in the verifier',
    run: (shell, args) => {
      const depth = wholeNumber(args, 'frame [N]', shell.view().depth);
      return depth.ok ? select(shell, depth.value) : depth;
    },
  },
  { names: ['up'], group: 'data', help: 'look at the caller', run: (shell) => selectNext(shell, -1) },
  { names: ['down'], group: 'data', help: 'look at the callee', run: (shell) => selectNext(shell, 1) },
  {
    names: ['list', 'l'],
    group: 'data',
    args: '[PLACE]',
    help: 'the source around here, or around a place',
    complete: placeNames,
    run: (shell, args) => {
      const at = insnAt(shell, args);
      if (!at.ok) return at;
      const { prog, slot } = at.value;
      const pos = prog.insns[slot]?.position?.pos;
      if (pos && shell.session.symbols.lines(pos.file)) return ok(say(...sourceLines(shell, pos.file, pos.line)));
      return ok(say(...disassembly(shell, prog, Math.max(0, slot - AROUND), slot + AROUND)));
    },
  },
  {
    names: ['disassemble', 'disas'],
    group: 'data',
    args: '[PLACE]',
    help: 'the insns of the function here, or at a place',
    complete: placeNames,
    run: (shell, args) => {
      const at = insnAt(shell, args);
      if (!at.ok) return at;
      const { prog, slot } = at.value;
      const next = prog.functions.find((f) => f.slot > slot)?.slot ?? prog.insns.length;
      return ok(say(...disassembly(shell, prog, shell.session.symbols.functionAt(prog, slot).slot, next - 1)));
    },
  },
];
