/** The program: its source, or its insns. */
import type { Shell } from '../../commands/shell.ts';
import type { ProgSymbols } from '../../symbols.ts';
import { type Area, type Content, linesContent, type PaneRow } from '../face.ts';
import { line, over, type StyledLine, span } from '../line.ts';
import { LOOK, PLAIN } from '../style.ts';
import { type CodeIndex, codeIndex, type SourceIndex, sourceIndex } from './codeIndex.ts';
import { type Jump, jumpAt } from './jump.ts';
import type { Kept } from './kept.ts';

/** What is shown: a program, and where the frame that is looked at stands in it. */
interface Shown {
  readonly prog: ProgSymbols;
  /** Undefined between packets. */
  readonly slot: number | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly jump: Jump | undefined;
  /** What it stands at is what no verified program does. */
  readonly fault: boolean;
  /** Slots of enabled breakpoints, and of others. */
  readonly stops: ReadonlyMap<number, boolean>;
}

/** Columns from which source and slots stand beside each other. */
const WIDE = 64;
/** Columns of insns before their source. */
const INSN = 40;

export class CodePane implements PaneRow {
  readonly id = 'code';
  readonly title = 'code';
  readonly choose = true;
  /** Insns although there is source. */
  insns = false;
  readonly #shell: Shell;
  readonly #kept: Kept;
  readonly #code = new Map<ProgSymbols, CodeIndex>();
  readonly #sources = new Map<string, SourceIndex>();

  constructor(shell: Shell, kept: Kept) {
    this.#shell = shell;
    this.#kept = kept;
  }

  /** Source is shown: a step is one of its lines. */
  get bySource(): boolean {
    return !this.insns && this.#shown.file !== undefined;
  }

  get #shown(): Shown {
    return this.#kept.get('code', () => shownOf(this.#shell));
  }

  #codeOf(prog: ProgSymbols): CodeIndex {
    const known = this.#code.get(prog);
    if (known) return known;
    const index = codeIndex(prog);
    this.#code.set(prog, index);
    return index;
  }

  #sourceOf(prog: ProgSymbols, file: string): SourceIndex {
    const key = `${prog.prog.id} ${file}`;
    const known = this.#sources.get(key);
    if (known) return known;
    const index = sourceIndex(prog, file);
    this.#sources.set(key, index);
    return index;
  }

  content(area: Area): Content {
    const { file } = this.#shown;
    if (this.bySource) return this.#source(area, file!);
    return this.#disassembly(area);
  }

  /** Slots of a line as it is shown: those of a source line, or one insn. */
  #slotsAt(index: number): readonly number[] {
    const { prog, file } = this.#shown;
    if (this.bySource) return this.#sourceOf(prog, file!).get(index + 1) ?? [];
    const found = this.#codeOf(prog).lines[index];
    return found ? [found.slot] : [];
  }

  /** The place of a line, as commands take it; undefined where no insn is. */
  placeAt(index: number): string | undefined {
    const { prog } = this.#shown;
    const slot = this.#slotsAt(index)[0];
    return slot === undefined ? undefined : `${prog.name}:*${slot}`;
  }

  /** Numbers of the breakpoints at a line. */
  stopsAt(index: number): number[] {
    const { prog } = this.#shown;
    const slots = this.#slotsAt(index);
    return this.#shell.session.breakpoints.list.flatMap(({ place, number }) => {
      if (place.kind !== 'insn') return [];
      return place.at.some((at) => at.prog === prog.prog.id && slots.includes(at.slot)) ? [number] : [];
    });
  }

  #source({ columns }: Area, file: string): Content {
    const shown = this.#shown;
    const { prog, line: current, jump } = shown;
    const texts = this.#shell.session.symbols.lines(file)!;
    const index = this.#sourceOf(prog, file);
    const target = jump && prog.insns[jump.to]?.position?.pos;
    const digits = Math.max(4, `${texts.length}`.length);
    const make = (i: number): StyledLine => {
      const slots = index.get(i + 1) ?? [];
      const here = i + 1 === current;
      const aims = target?.file === file && target.line === i + 1 && !here;
      const number = `${`${i + 1}`.padStart(digits)} `;
      const slot = columns >= WIDE ? (slots[0] === undefined ? '      ' : `${`${slots[0]}`.padStart(5)} `) : '';
      const spans = [
        gutter(here, stopOf(shown, slots), here && shown.fault ? '!' : aims ? '~' : ' '),
        span(number + slot, LOOK.faint),
        span(texts[i] ?? '', slots.length === 0 && !here ? LOOK.faint : PLAIN),
        ...(here ? [this.#hint(shown)] : []),
      ];
      return here ? over(spans, LOOK.here) : spans;
    };
    const title = `${file.split('/').at(-1)} ${this.#placeName(shown)}`;
    return { count: texts.length, line: make, here: current === undefined ? undefined : current - 1, title };
  }

  #disassembly({ columns }: Area): Content {
    const shown = this.#shown;
    const { prog, slot: current, jump } = shown;
    const { lines, lineOf } = this.#codeOf(prog);
    if (lines.length === 0) return linesContent([line('(no insns)')]);
    const digits = Math.max(4, `${prog.insns.length}`.length);
    const make = (i: number): StyledLine => {
      const { slot, name } = lines[i]!;
      if (name !== undefined) return [span(`${' '.repeat(4)}${name}:`, LOOK.label)];
      const insn = prog.insns[slot]!;
      const here = slot === current;
      const source = columns >= WIDE + 8 ? sourceOf(this.#shell, insn.position) : undefined;
      const tail = source === undefined || insn.text.endsWith(source) ? '' : `| ${source}`;
      const spans = [
        gutter(here, stopOf(shown, [slot]), here ? (shown.fault ? '!' : ' ') : jump?.to === slot ? '~' : ' '),
        span(`${`${slot}`.padStart(digits)} `, LOOK.faint),
        span(tail === '' ? insn.text : insn.text.padEnd(INSN)),
        ...(here ? [this.#hint(shown)] : []),
        span(tail, LOOK.faint),
      ];
      return here ? over(spans, LOOK.here) : spans;
    };
    const here = current === undefined ? undefined : lineOf.get(current);
    return { count: lines.length, line: make, here, title: `${prog.name} ${this.#placeName(shown)}` };
  }

  /** Where a jump will go: ` -> drop, taken`. */
  #hint({ prog, jump }: Shown): { text: string; style: number } {
    if (!jump) return span('');
    const to = this.#shell.session.symbols.placeName(prog, jump.to);
    return span(jump.taken ? `  -> ${to} ` : `  -> ${to}: not taken `, LOOK.known);
  }

  /** Where it stands, and where a jump that is taken goes: `tc_main+5 -> pass`. */
  #placeName({ prog, slot, jump }: Shown): string {
    const { symbols } = this.#shell.session;
    if (slot === undefined) return '';
    return symbols.placeName(prog, slot) + (jump?.taken ? ` -> ${symbols.placeName(prog, jump.to)}` : '');
  }
}

/** `>` where it stands, `*` a breakpoint (`o` one that is disabled), `~` where the jump at hand goes, `!` a fault. */
function gutter(here: boolean, stop: boolean | undefined, more: '~' | '!' | ' '): { text: string; style: number } {
  const mark = stop === undefined ? ' ' : stop ? '*' : 'o';
  return span(`${here ? '>' : ' '}${mark}${more}`, stop || more !== ' ' ? LOOK.changed : PLAIN);
}

function stopOf({ stops }: Shown, slots: readonly number[]): boolean | undefined {
  let found: boolean | undefined;
  for (const slot of slots) {
    const enabled = stops.get(slot);
    if (enabled !== undefined) found = found === true || enabled;
  }
  return found;
}

function sourceOf(
  shell: Shell,
  position: { readonly pos: { readonly file: string; readonly line: number } } | undefined,
) {
  return position && shell.session.symbols.lines(position.pos.file)?.[position.pos.line - 1]?.trim();
}

function shownOf(shell: Shell): Shown {
  const { session } = shell;
  const view = shell.view();
  const frames = session.frames();
  const frame = frames.find((f) => f.depth === view.depth);
  const prog = (frame && session.symbols.prog(frame.progId)) ?? idleProg(shell);
  const pos = frame ? frame.pos : prog.insns[0]?.position?.pos;
  const file = pos && session.symbols.lines(pos.file) ? pos.file : undefined;
  const stops = new Map<number, boolean>();
  for (const { place, enabled } of session.breakpoints.list) {
    if (place.kind !== 'insn') continue;
    for (const at of place.at) if (at.prog === prog.prog.id) stops.set(at.slot, enabled || stops.get(at.slot) === true);
  }
  const slot = frame?.slot;
  const inner = frames[0] === frame;
  const jump = slot === undefined || !inner ? undefined : jumpAt(view, prog, slot);
  const fault = inner && session.fault !== undefined;
  return { prog, slot, file, line: frame ? pos?.line : undefined, jump, fault, stops };
}

/** Between packets: the program that ran last, or the first. */
function idleProg({ session }: Shell): ProgSymbols {
  const last = session.lastResult?.prog;
  return (last && session.symbols.prog(last.id)) ?? session.symbols.progs[0]!;
}
