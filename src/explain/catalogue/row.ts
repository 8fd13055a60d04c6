/** The shape of a kind of rejection, and of what is found out about one that happened. */
import type { Path, PathStep } from '../log/path.ts';
import type { LogValue } from '../log/value.ts';

/** What kind of safety is at stake: the categories of Linux 7.3. */
export type Category =
  | 'Register Type Safety'
  | 'Memory Safety'
  | 'Resource Lifetime Safety'
  | 'Call Type Safety'
  | 'Execution Context Safety'
  | 'Program Structure'
  | 'Policy';

/** Whose doing a rejection is. */
export type ErrorClass =
  /** The program can do what must not happen. */
  | 'bug'
  /** The source may be right: the compiler's insns hide it from the verifier. */
  | 'compiler artefact'
  /** A newer kernel would take the program. */
  | 'kernel too old'
  /** The program may be right: the verifier cannot follow it, or gives up. */
  | 'verifier limit';

/** What the insn needs, and what is known. */
export interface Proof {
  readonly needs: string;
  readonly proven: string;
}

/** A change to the program: lines put in before an insn, or in its place. */
export interface Edit {
  readonly slot: number;
  readonly lines: readonly string[];
  readonly replace?: boolean;
  /** The same in C, before the source line that the log quotes. */
  readonly c?: readonly string[];
}

/** A rejection as read from its log. */
export interface Finding {
  /** The kernel's line. */
  readonly message: string;
  /** What its placeholders stand for. */
  readonly args: Readonly<Record<string, string>>;
  /** All that the kernel says behind the insn. */
  readonly messages: readonly string[];
  readonly path: Path;
  /** The insn that was refused; absent where the program as a whole is. */
  readonly at?: PathStep;
  /** What is known of a register before that insn. */
  readonly reg: (n: number) => LogValue | undefined;
  readonly progType?: string;
  /** The function that the program is attached to. */
  readonly attachedTo?: string;
  readonly attachType?: string;
  /** What the program may return without doing harm: `r0 = 2` of XDP. */
  readonly harmless: number;
  /** How a callee of the insn is called. */
  readonly helper?: string;
}

type Words = string | ((f: Finding) => string | undefined);

export interface ErrorRow {
  /** `BPF-E001`: never given to another kind of rejection. */
  readonly id: string;
  /** The kind in a few words. */
  readonly name: string;
  /** The kernel's lines, of all versions, with `{placeholders}`. */
  readonly messages: readonly string[];
  /** Of several rows with a message the first whose condition holds. */
  readonly when?: (f: Finding) => boolean;
  readonly category: Category;
  readonly class: ErrorClass | ((f: Finding) => ErrorClass | undefined);
  /** What happens, in plain words; `{placeholders}` of the message, `{helper}`. */
  readonly headline: Words;
  /** Why the kernel does not take that. */
  readonly why: string;
  readonly proof?: (f: Finding) => Proof | undefined;
  readonly suggestion: Words;
  readonly fix?: (f: Finding) => Edit | undefined;
  /** The register in question, where `{r}` does not say it. */
  readonly register?: (f: Finding) => number | undefined;
  /** The smallest rejected program. */
  readonly example: string;
  /** Only a loader without privileges is refused. */
  readonly unpriv?: true;
}

/** The class where a row does not say otherwise. */
export const DEFAULT_CLASS: ErrorClass = 'bug';

const INTEGER = new Set([
  'off',
  'size',
  'mem',
  'id',
  'n',
  'insn',
  'from',
  'to',
  'i',
  'range',
  'off2',
  'min',
  'max',
  'frames',
  'depth',
  'alloc',
]);
const ESCAPED = /[.*+?^${}()|[\]\\]/g;

/** A message as a pattern: `{r}` and the like are numbers, other placeholders any text. */
export function messagePattern(template: string): RegExp {
  let out = '^';
  const seen = new Set<string>();
  for (const part of template.split(/(\{\w+\})/)) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) {
      out += part.replace(ESCAPED, '\\$&');
      continue;
    }
    const what = name === 'r' ? '\\d+' : INTEGER.has(name) ? '-?\\d+' : '.+?';
    out += seen.has(name) ? what : `(?<${name}>${what})`;
    seen.add(name);
  }
  return new RegExp(template.endsWith('}') ? `${out}$` : out);
}

/** Puts values in the place of `{placeholders}`; those without a value stay. */
export function fillWords(text: string, values: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
