/** The TextMate grammar of `.bpf` text. Its expressions are plain enough to mean the same in Oniguruma and JavaScript. */
import { alternatives, escapeRegex } from './alternatives.ts';
import { WORDS } from './words.ts';

export interface Rule {
  readonly name?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly include?: string;
  readonly captures?: Readonly<Record<string, { readonly name: string }>>;
  readonly beginCaptures?: Readonly<Record<string, { readonly name: string }>>;
  readonly patterns?: readonly Rule[];
}

export interface Grammar {
  readonly scopeName: string;
  readonly patterns: readonly Rule[];
  readonly repository: Readonly<Record<string, { readonly patterns: readonly Rule[] }>>;
  readonly [key: string]: unknown;
}

const NAME = '[A-Za-z_.$@][\\w.$@]*';
const TYPES: ReadonlySet<string> = new Set(WORDS.types);
/** Nothing that belongs to a word stands before or behind. */
const whole = (body: string): string => `(?<![\\w.$@])${body}(?![\\w.$@])`;
const START = '(?:^|(?<=[;:]))\\s*';

function captures(...names: readonly string[]): Record<string, { name: string }> {
  return Object.fromEntries(names.map((name, i) => [String(i + 1), { name: `${name}.bpf` }]));
}

const words = (name: string, list: readonly string[]): Rule => ({
  name: `${name}.bpf`,
  match: whole(alternatives(list)),
});

/** Directives that give a name to something, and what kind of thing it is. */
const NAMING: Readonly<Record<string, string>> = {
  '.func': 'entity.name.function',
  '.globl': 'entity.name.function',
  '.global': 'entity.name.function',
  '.extern': 'entity.name.function',
  '.struct': 'entity.name.type',
  '.union': 'entity.name.type',
  '.map': 'variable.other.map',
  '.equ': 'variable.other.constant',
  '.set': 'variable.other.constant',
  '.ifdef': 'variable.other.constant',
  '.ifndef': 'variable.other.constant',
  '.macro': 'entity.name.function.macro',
};

/** Besides `type`, which has a rule of its own. */
const MAP_KEYS = ['key', 'value', 'max_entries', 'map_flags', 'map_extra', 'inner', 'pinning', 'values'];

const REPOSITORY: Readonly<Record<string, readonly Rule[]>> = {
  comments: [
    { name: 'comment.line.number-sign.bpf', match: '#.*$' },
    { name: 'comment.line.double-slash.bpf', match: '//.*$' },
    { name: 'comment.block.bpf', begin: '/\\*', end: '\\*/' },
  ],
  strings: [
    {
      match: `(\\.section)\\s+("\\??${alternatives(WORDS.sections)}(?:/[^"\\\\]*)?")`,
      captures: captures('keyword.other.directive', 'string.quoted.double support.type.section'),
    },
    {
      name: 'string.quoted.double.bpf',
      begin: '"',
      end: '"|$',
      patterns: [{ name: 'constant.character.escape.bpf', match: '\\\\.' }],
    },
    { name: 'constant.character.bpf', match: "'(?:[^'\\\\]|\\\\x[0-9a-fA-F]{1,2}|\\\\[0-7]{1,3}|\\\\.)'" },
  ],
  directives: [
    ...Object.entries(NAMING).map(
      ([directive, name]): Rule => ({
        match: `(?<![\\w.$@])(${escapeRegex(directive)})\\s+(${NAME})`,
        captures: captures('keyword.other.directive', name),
      }),
    ),
    words('keyword.other.directive', WORDS.directives),
  ],
  labels: [
    { match: `${START}(${NAME})\\s*(:)`, captures: captures('entity.name.label', 'punctuation.separator.label') },
    { match: `${START}(\\d+)(:)`, captures: captures('entity.name.label', 'punctuation.separator.label') },
  ],
  calls: [
    {
      match: `(?<![\\w.$@])(call)\\s+(${alternatives(WORDS.helpers)})(?![\\w.$@])`,
      captures: captures('keyword.control', 'support.function.helper'),
    },
    {
      match: `(?<![\\w.$@])(call)\\s+(${alternatives(WORDS.kfuncs)})(?![\\w.$@])`,
      captures: captures('keyword.control', 'support.function.kfunc'),
    },
    {
      match: `(?<![\\w.$@])(call)\\s+(?!(?:local|kfunc|pc|%?[rw]\\d+)(?![\\w.$@]))(${NAME})`,
      captures: captures('keyword.control', 'entity.name.function'),
    },
    {
      match: `(?<![\\w.$@])(goto|gotol|may_goto)\\s+(?!pc(?![\\w.$@]))(${NAME}|\\d+[fb])(?![\\w.$@])`,
      captures: captures('keyword.control', 'entity.name.label'),
    },
  ],
  insns: [
    {
      match: `${START}(${alternatives(WORDS.mnemonics)})(?=\\s*$|\\s+[^\\s=:(])`,
      captures: captures('keyword.other.operation'),
    },
    {
      // `be16` is a type, and what `r1 = be16 r1` does.
      name: 'keyword.other.operation.bpf',
      match: `${whole(alternatives(WORDS.mnemonics.filter((word) => TYPES.has(word))))}(?=\\s+%?[rw]\\d)`,
    },
    { name: 'variable.language.register.bpf', match: whole('%?[rw](?:10|\\d)') },
    words('keyword.control', WORDS.control),
    words('keyword.other.operation', WORDS.operations),
  ],
  types: [
    {
      match: '(?<![\\w.$@])(struct|union)\\s+([A-Za-z_]\\w*)',
      captures: captures('storage.type', 'entity.name.type'),
    },
    words('storage.type', [...WORDS.types, 'struct', 'union', 'unsigned', 'signed']),
    words('storage.modifier', ['static', 'global', 'const', 'volatile', '__packed']),
    { name: 'storage.modifier.bpf', match: whole('__(?:arg_\\w+|(?:percpu_)?kptr|kptr_untrusted|uptr)') },
  ],
  names: [
    {
      match: `(?<![\\w.$@])(${alternatives(WORDS.contexts)})(\\.)([A-Za-z_]\\w*)`,
      captures: captures('support.type.context', 'punctuation.accessor', 'support.variable.context'),
    },
    {
      match: `(?<![\\w.$@])(type)\\s*(=)\\s*(${alternatives(WORDS.mapTypes)})(?![\\w.$@])`,
      captures: captures('variable.parameter', 'keyword.operator', 'variable.other.constant.map-type'),
    },
    {
      match: `(,)\\s*(${alternatives(MAP_KEYS)})\\s*(=)(?!=)`,
      captures: captures('punctuation.separator', 'variable.parameter', 'keyword.operator'),
    },
    words('variable.other.constant.kernel', WORDS.constants),
    words('support.function.helper', WORDS.helpers),
    words('support.function.kfunc', WORDS.kfuncs),
    words('support.function', ['sizeof', 'offsetof', 'htons', 'htonl', 'cpu_to_be64']),
  ],
  numbers: [
    { name: 'constant.numeric.hex.bpf', match: whole('0[xX][0-9a-fA-F]+[uU]?[lL]{0,2}') },
    { name: 'constant.numeric.binary.bpf', match: whole('0[bB][01]+[uU]?[lL]{0,2}') },
    { name: 'entity.name.label.bpf', match: whole('\\d+[fb]') },
    { name: 'constant.numeric.decimal.bpf', match: '(?<![\\w.$@])\\d+[uU]?[lL]{0,2}(?![\\w$@])' },
  ],
  operators: [
    {
      name: 'keyword.operator.bpf',
      match: WORDS.operators
        .map((o) => (o.startsWith('s') ? `(?<=\\s)${escapeRegex(o)}(?=\\s)` : escapeRegex(o)))
        .join('|'),
    },
  ],
  /** Words that mean nothing by themselves are passed over whole. */
  others: [{ name: 'variable.other.bpf', match: NAME }],
};

/** What is tried first at each place of the text. */
const ORDER = [
  'comments',
  'strings',
  'labels',
  'directives',
  'calls',
  'insns',
  'types',
  'names',
  'numbers',
  'operators',
  'others',
];

export const GRAMMAR: Grammar = {
  $schema: 'https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json',
  name: 'BPF assembly',
  scopeName: 'source.bpf-asm',
  fileTypes: ['bpf'],
  patterns: ORDER.map((name) => ({ include: `#${name}` })),
  repository: Object.fromEntries(Object.entries(REPOSITORY).map(([name, patterns]) => [name, { patterns }])),
};
