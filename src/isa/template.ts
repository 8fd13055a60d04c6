/** The templates of the opcode table, cut into literal text and placeholders. */
import type { Dialect, OpRow, Template } from './rows.ts';

const PLACEHOLDERS = [
  'dst',
  'src',
  'wdst',
  'wsrc',
  'imm',
  'hex',
  'imm64',
  'lo',
  'hi',
  'off',
  'index',
  'pc',
  'callee',
  'dstas',
  'srcas',
] as const;

export type Placeholder = (typeof PLACEHOLDERS)[number];

export interface TemplatePart {
  /** Text that stands for itself, before the placeholder. */
  readonly literal: string;
  readonly hole?: Placeholder;
}

const NAMES: ReadonlySet<string> = new Set(PLACEHOLDERS);

/** Cuts a template; an unknown placeholder is a bug of the table. */
export function cutTemplate(template: Template): TemplatePart[] {
  const parts: TemplatePart[] = [];
  const pieces = template.split(/\{(\w+)\}/);
  for (let i = 0; i < pieces.length; i += 2) {
    const hole = pieces[i + 1];
    if (hole !== undefined && !NAMES.has(hole)) throw new Error(`unknown placeholder {${hole}} in "${template}"`);
    if (hole !== undefined) parts.push({ literal: pieces[i]!, hole: hole as Placeholder });
    else if (pieces[i] !== '') parts.push({ literal: pieces[i]! });
  }
  return parts;
}

const cut = new Map<Template, readonly TemplatePart[]>();

/** `cutTemplate` with the result kept: the table's templates are few. */
export function templateParts(template: Template): readonly TemplatePart[] {
  let parts = cut.get(template);
  if (!parts) {
    parts = cutTemplate(template);
    cut.set(template, parts);
  }
  return parts;
}

/** The rows that a template names, in the table's order: the first is what the text alone means. */
export function templateOwners(rows: readonly OpRow[], dialect: Dialect): ReadonlyMap<Template, OpRow> {
  const owners = new Map<Template, OpRow>();
  for (const row of rows) {
    for (const template of row.text[dialect]) {
      if (!owners.has(template)) owners.set(template, row);
    }
  }
  return owners;
}
