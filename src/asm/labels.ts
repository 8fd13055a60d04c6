/** Where the labels that a function's jumps name stand. */
import type { Func } from './layout.ts';

/** The labels of one function. */
export class Labels {
  private readonly func: Func;
  private readonly numbered = new Map<string, number[]>();
  private exit: number | undefined;

  constructor(func: Func) {
    this.func = func;
  }

  /** Slot in the function, seen from the insn at slot `from`; undefined when the function has no such label. */
  slotOf(name: string, from: number): number | undefined {
    const numbered = /^(\d+)([fb])$/.exec(name);
    if (numbered) return this.nearest(this.numberedSlots(numbered[1]!), from, numbered[2] === 'f');
    const slot = this.func.labels.get(name);
    if (slot !== undefined) return slot;
    if (name === this.func.name) return 0;
    return name === 'exit' ? this.firstExit() : undefined;
  }

  /** The first slot behind `from`, or the one before that: the last at or before it. */
  private nearest(slots: readonly number[], from: number, forward: boolean): number | undefined {
    let [low, high] = [0, slots.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (slots[middle]! > from) high = middle;
      else low = middle + 1;
    }
    return slots[forward ? low : low - 1];
  }

  /** Slots of the labels `1:` of this function, rising. */
  private numberedSlots(name: string): readonly number[] {
    if (this.numbered.size === 0) {
      for (const label of this.func.numbered) {
        const slots = this.numbered.get(label.name);
        if (slots) slots.push(label.slot);
        else this.numbered.set(label.name, [label.slot]);
      }
    }
    return this.numbered.get(name) ?? [];
  }

  /** uBPF's jumps to `exit` mean the first exit insn. */
  private firstExit(): number | undefined {
    this.exit ??= this.func.entries.find((e) => e.kind === 'insn' && e.match.readings[0]!.row.kind === 'exit')?.slot;
    return this.exit;
  }
}
