/** The words of `.bpf` text, from the tables that the assembler reads. */
import { directiveNames } from '../../src/asm/directives/index.ts';
import { SCALAR_TYPES } from '../../src/asm/types.ts';
import { OPCODES } from '../../src/isa/opcodes.ts';
import type { OpRow } from '../../src/isa/rows.ts';
import { cutTemplate } from '../../src/isa/template.ts';
import { constantNames } from '../../src/spec/constants.ts';
import { CONTEXTS } from '../../src/spec/ctx/index.ts';
import { HELPERS } from '../../src/spec/helpers/index.ts';
import { KFUNCS } from '../../src/spec/kfuncs/index.ts';
import { MAP_TYPES } from '../../src/spec/mapTypes.ts';
import { SEC_NAMES } from '../../src/spec/secNames.ts';

const CONTROL: ReadonlySet<OpRow['kind']> = new Set(['jump', 'goto', 'may_goto', 'exit', 'call']);
const WORD = /[a-z_]\w*/g;
const OPERATOR = /^s?[-+*/%&|^<>=!]+$/;

function literals(rows: readonly OpRow[], dialects: readonly ('kernel' | 'llvm' | 'ubpf')[]): string[] {
  return rows.flatMap((row) =>
    dialects.flatMap((dialect) => row.text[dialect].flatMap((t) => cutTemplate(t).map((part) => part.literal))),
  );
}

const wordsOf = (texts: readonly string[]): string[] => texts.flatMap((text) => text.match(WORD) ?? []);
const distinct = (names: Iterable<string>): string[] => [...new Set(names)].sort();

/** Words that stand at the beginning of a statement and say what it does (`add32`, `ldxw`). */
function mnemonics(): string[] {
  return distinct(
    OPCODES.flatMap((row) => row.text.ubpf.flatMap((t) => /^[a-z_]\w*(?=$| )/.exec(cutTemplate(t)[0]!.literal) ?? [])),
  );
}

const TYPES = distinct(SCALAR_TYPES.keys());
/** Besides types and registers, the names inside of `map[id:5]`. */
const NO_KEYWORDS = new Set([...TYPES, 'r0', 'w0', 'btf', 'fd', 'id', 'idx', 'subprog']);
const control = distinct(
  wordsOf(
    literals(
      OPCODES.filter((r) => CONTROL.has(r.kind)),
      ['kernel', 'llvm'],
    ),
  ),
).filter((word) => word !== 's' && !NO_KEYWORDS.has(word));
const CONTROL_WORDS = new Set(control);

/** Each list is sorted and without doubles. */
export const WORDS = {
  control,
  /** Words inside of insns that are no flow: `lock`, `ll`, `cmpxchg_64`, `be16`. */
  operations: distinct(wordsOf(literals(OPCODES, ['kernel', 'llvm']))).filter(
    (word) => !CONTROL_WORDS.has(word) && !NO_KEYWORDS.has(word) && word.length > 1,
  ),
  mnemonics: mnemonics().filter((word) => !CONTROL_WORDS.has(word)),
  /** Operators of insns and expressions, the longest first. */
  operators: distinct([
    ...literals(OPCODES, ['kernel', 'llvm']).flatMap((text) =>
      text.split(/[\s\w()[\]]*\s[()[\]]*/).filter((w) => OPERATOR.test(w)),
    ),
    ...[
      '->',
      '&&',
      '||',
      '<<',
      '>>',
      '<=',
      '>=',
      '==',
      '!=',
      '?',
      '~',
      '!',
      '<',
      '>',
      '&',
      '|',
      '^',
      '+',
      '-',
      '*',
      '/',
      '%',
      '=',
    ],
  ]).sort((a, b) => b.length - a.length || (a < b ? -1 : 1)),
  types: TYPES,
  directives: distinct(directiveNames()),
  helpers: distinct(Object.keys(HELPERS)),
  kfuncs: distinct(Object.keys(KFUNCS)),
  constants: distinct(constantNames()),
  contexts: distinct(Object.keys(CONTEXTS)),
  mapTypes: distinct(Object.keys(MAP_TYPES)),
  /** SEC() names without `+`; then those that take something behind a slash. */
  sections: distinct(SEC_NAMES.map((row) => row.sec.replace(/\+$/, ''))),
} as const;
