/** The chain of programs that led here: each tail call leaves its program for good. */
import type { SourcePos } from '../../util/problem.ts';
import type { View } from '../view.ts';

/** A tail call that happened: which insn of which program. */
export interface TailJump {
  /** Id of the program. */
  readonly prog: number;
  /** Slot of the call. */
  readonly slot: number;
}

/** A program of the chain. */
interface TailStep {
  readonly prog: string;
  readonly progId: number;
  /** Where it went on to the next; undefined for the one that runs. */
  readonly jump: { readonly slot: number; readonly place: string; readonly pos: SourcePos | undefined } | undefined;
}

/** A chain, oldest first. */
export interface TailChain {
  /** Tail calls of this run that came before those that are given. */
  readonly earlier: number;
  readonly steps: readonly TailStep[];
}

/** The chain that these jumps (oldest first) of the run make; empty between packets. */
export function tailChain({ machine, symbols, kernel }: View, jumps: readonly TailJump[]): TailChain {
  if (!machine) return { earlier: 0, steps: [] };
  const nameOf = (id: number): string =>
    symbols.prog(id)?.name ?? kernel.world.progs.find((p) => p.id === id)?.name ?? `program ${id}`;
  const steps = jumps.map(({ prog, slot }): TailStep => {
    const known = symbols.prog(prog);
    const place = known ? symbols.placeName(known, slot) : `${nameOf(prog)}+${slot}`;
    return { prog: nameOf(prog), progId: prog, jump: { slot, place, pos: known?.insns[slot]?.position?.pos } };
  });
  steps.push({ prog: nameOf(machine.prog.id), progId: machine.prog.id, jump: undefined });
  return { earlier: Math.max(0, machine.tailCalls - jumps.length), steps };
}

/** A line for each program: `tc_main, left at from_lxc+4 (tc.bpf:40)`, then the one that runs. */
export function tailChainLines(view: View, jumps: readonly TailJump[]): string[] {
  const { earlier, steps } = tailChain(view, jumps);
  const lines = steps.map(({ prog, jump }) => {
    if (!jump) return prog;
    const at = jump.pos ? ` (${jump.pos.file}:${jump.pos.line})` : '';
    return `${prog}, left at ${jump.place}${at}`;
  });
  return earlier > 0 ? [`(${earlier} tail calls before these)`, ...lines] : lines;
}
