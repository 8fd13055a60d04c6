/**
 * A program under construction: its lines, and what the generator believes each register and stack slot to hold, so that most
 * of what it writes is accepted.
 */
import { Random } from '../../random.ts';

/** What a register holds, as far as the generator cares. */
export type Kind =
  | { readonly is: 'none' }
  /** A number; at most `max` when that is known. */
  | { readonly is: 'scalar'; readonly max: number | undefined }
  | { readonly is: 'ctx' }
  /** A packet pointer with that many bytes proven behind it. */
  | { readonly is: 'packet'; readonly range: number }
  | { readonly is: 'packet_end' }
  /** A stack pointer, that far below the frame pointer. */
  | { readonly is: 'stack'; readonly off: number }
  /** Memory of that size: a map value, a ring buffer's sample. */
  | { readonly is: 'mem'; readonly size: number; readonly maybeNull?: true }
  | { readonly is: 'sock' };

export const NONE: Kind = { is: 'none' };
export const SCALAR: Kind = { is: 'scalar', max: undefined };

/** What the stack holds at an offset below the frame pointer: 8 bytes. */
export type SlotKind = 'none' | 'data' | 'scalar' | { readonly pointer: Kind };

export interface Model {
  regs: Kind[];
  /** By `-off / 8 - 1`. */
  slots: SlotKind[];
}

const SLOTS = 8;

export class Builder {
  readonly random: Random;
  readonly lines: string[] = [];
  /** Lines of subprograms, behind the main program. */
  readonly tail: string[] = [];
  model: Model = { regs: Array.from({ length: 10 }, () => NONE), slots: Array.from({ length: SLOTS }, () => 'none') };
  /** Registers that must keep what they hold: loop counters, what a check was about. */
  pinned = 0;
  /** No jumps to the end: a reference is held. */
  held = 0;
  /** Nesting of blocks and loops. */
  depth = 0;
  /** How many functions deep: 0 in the main program. */
  nesting = 0;
  /** Functions have types, so that there may be global ones and callbacks. */
  typed = false;
  /** Name of the context's struct. */
  struct = 'void';
  #labels = 0;
  /** How often a check is left out. */
  readonly mistakes: number;

  constructor(seed: number, mistakes: number) {
    this.random = new Random(seed);
    this.mistakes = mistakes;
  }

  emit(...lines: string[]): void {
    this.lines.push(...lines.map((l) => ` ${l}`));
  }

  label(): string {
    return `L${this.#labels++}`;
  }

  place(label: string): void {
    this.lines.push(`${label}:`);
  }

  /** Whether to forget a check here. */
  slip(): boolean {
    return this.random.bool(this.mistakes);
  }

  set(r: number, kind: Kind): void {
    this.model.regs[r] = kind;
  }

  kind(r: number): Kind {
    return this.model.regs[r] ?? NONE;
  }

  isPinned(r: number): boolean {
    return ((this.pinned >> r) & 1) === 1;
  }

  pin(r: number): void {
    this.pinned |= 1 << r;
  }

  unpin(r: number): void {
    this.pinned &= ~(1 << r);
  }

  /** A register that may be overwritten; prefers those that hold nothing of value. */
  free(from = 0): number {
    const open = [...Array(10).keys()].filter((r) => r >= from && !this.isPinned(r));
    const idle = open.filter((r) => ['none', 'scalar'].includes(this.kind(r).is));
    return this.random.pick(idle.length > 0 ? idle : open.length > 0 ? open : [0]);
  }

  /** A slot of the stack that may be overwritten: no pointer, no iterator and no dynptr is there. */
  slot(): number {
    const open = this.model.slots.flatMap((s, i) => (typeof s === 'object' ? [] : [i]));
    return open.length > 0 && !this.slip() ? this.random.pick(open) : this.random.below(this.model.slots.length);
  }

  /** Registers that hold something of a kind. */
  having(is: Kind['is'], writable = false): number[] {
    return [...Array(10).keys()].filter((r) => this.kind(r).is === is && !(writable && this.isPinned(r)));
  }

  /** A register with a number, made when there is none. */
  scalar(writable = false): number {
    const have = this.having('scalar', writable);
    if (have.length > 0) return this.random.pick(have);
    const r = this.free();
    this.emit(`r${r} = ${this.constant()}`);
    this.set(r, SCALAR);
    return r;
  }

  constant(): number {
    const { random } = this;
    return random.weighted<number>([
      [6, () => random.below(20)],
      [2, () => -random.below(20)],
      [2, () => random.pick([0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, -0x8000_0000, 0x10000, 255, 1024, -1])],
      [1, () => random.next() | 0],
    ]);
  }

  /** A call's effect on registers. */
  clobber(): void {
    for (let r = 0; r <= 5; r++) this.set(r, NONE);
  }

  snapshot(): Model {
    return { regs: [...this.model.regs], slots: [...this.model.slots] };
  }

  /** What a loop's body changed must be there again at its head, and nothing may be relied on that it destroyed. */
  settle(before: Model): void {
    for (let r = 0; r < 10; r++) {
      const was = before.regs[r]!;
      if (was.is === 'scalar' && this.kind(r).is !== 'scalar') this.emit(`r${r} = ${this.constant()}`);
      this.set(r, was.is === 'none' ? NONE : was);
    }
    const { slots } = this.model;
    this.model.slots = slots.map((s, i) => (JSON.stringify(s) === JSON.stringify(before.slots[i]) ? s : 'none'));
  }

  /** Both ways lead here. */
  merge(other: Model): void {
    const same = (a: Kind, b: Kind): Kind => {
      if (a.is !== b.is) return NONE;
      if (a.is === 'scalar' && b.is === 'scalar') {
        return { is: 'scalar', max: a.max !== undefined && b.max !== undefined ? Math.max(a.max, b.max) : undefined };
      }
      if (a.is === 'packet' && b.is === 'packet') return { is: 'packet', range: Math.min(a.range, b.range) };
      return JSON.stringify(a) === JSON.stringify(b) ? a : NONE;
    };
    this.model = {
      regs: this.model.regs.map((k, i) => same(k, other.regs[i]!)),
      slots: this.model.slots.map((s, i) =>
        JSON.stringify(s) === JSON.stringify(other.slots[i])
          ? s
          : s === 'none' || other.slots[i] === 'none'
            ? 'none'
            : 'data',
      ),
    };
  }
}
