/** The shape of an explanation: plain data. */
import type { Category, ErrorClass, Proof } from './catalogue/row.ts';
import type { Fix } from './diff.ts';
import type { CausalStep } from './lineage.ts';
import type { QuotedSource } from './log/events.ts';
import type { SourcePlace } from './source.ts';

/** An input on which the program gets to what was refused. */
export interface CounterExample {
  readonly text: string;
  /** From its Ethernet header on, in hex. */
  readonly packet: string;
  /** The context that goes with it, in hex. */
  readonly ctx?: string;
  /** What the insn does there, in the interpreter's words. */
  readonly fault?: string;
  /** Map entries that must be there, in words. */
  readonly entries: readonly string[];
}

/** The insn that was refused. */
export interface FaultPlace {
  /** In 8-byte slots from the program's first insn. */
  readonly slot: number;
  readonly text: string;
  readonly source?: SourcePlace;
  /** The source line that the log quotes. */
  readonly quoted?: QuotedSource;
  /** The register in question. */
  readonly register?: number;
  /** Insns around it, as far as they are known. */
  readonly around: readonly { readonly slot: number; readonly text: string }[];
}

/** A rejection explained; plain data, so it is its own JSON form. */
export interface Explanation {
  /** `BPF-E001`; `BPF-E000` where the catalogue has no such rejection. */
  readonly id: string;
  readonly name: string;
  readonly headline: string;
  readonly class: ErrorClass;
  readonly category: Category;
  /** The kernel's line. */
  readonly message: string;
  readonly program?: string;
  readonly reason: string;
  readonly proof?: Proof;
  readonly at?: FaultPlace;
  readonly causalPath: readonly CausalStep[];
  readonly suggestion: string;
  readonly fix?: Fix;
  /** An input that reaches the insn. */
  readonly counterexample?: CounterExample;
  /** Page about this kind of rejection. */
  readonly page?: string;
}
