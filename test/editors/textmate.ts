/** Reads text by a TextMate grammar, as far as bpflab's grammar goes: the first rule that matches first, line by line. */
import type { Grammar, Rule } from '../../scripts/vscode/grammar.ts';

interface Open {
  readonly rule: Rule;
  readonly name: string;
}

type Captures = NonNullable<Rule['captures']>;

/** The scopes of each character of a line, innermost last. */
export type Scopes = string[];

const compiled = new Map<string, RegExp>();

function regex(source: string): RegExp {
  let made = compiled.get(source);
  if (!made) {
    made = new RegExp(source, 'dg');
    compiled.set(source, made);
  }
  return made;
}

function flat(grammar: Grammar, rules: readonly Rule[]): Rule[] {
  return rules.flatMap((rule) =>
    rule.include ? flat(grammar, grammar.repository[rule.include.slice(1)]!.patterns) : [rule],
  );
}

export class TextMate {
  private readonly root: readonly Rule[];
  private open: Open | undefined;

  constructor(grammar: Grammar) {
    this.root = flat(grammar, grammar.patterns);
  }

  /** One scope string (blank-separated) for each character. */
  line(text: string): Scopes {
    const scopes: Scopes = Array.from(text, () => '').slice(0, text.length);
    while (scopes.length < text.length) scopes.push('');
    const paint = (from: number, to: number, name: string | undefined) => {
      for (let i = from; name && i < to; i++) scopes[i] = `${scopes[i]} ${name}`.trim();
    };
    let at = 0;
    while (at <= text.length) {
      const rules = this.open ? (this.open.rule.patterns ?? []) : this.root;
      let best: { rule: Rule; match: RegExpExecArray; closes: boolean } | undefined;
      const consider = (rule: Rule, source: string, closes: boolean) => {
        const r = regex(source);
        r.lastIndex = at;
        const match = r.exec(text);
        if (match && (!best || match.index < best.match.index)) best = { rule, match, closes };
      };
      if (this.open) consider(this.open.rule, this.open.rule.end!, true);
      for (const rule of rules) consider(rule, rule.match ?? rule.begin!, false);
      if (!best) {
        paint(at, text.length, this.open?.name);
        return scopes;
      }
      const { rule, match, closes } = best;
      const end = match.index + match[0].length;
      paint(at, match.index, this.open?.name);
      paint(match.index, end, closes ? this.open!.name : rule.name);
      if (!closes) this.captures(match, rule.captures ?? rule.beginCaptures ?? {}, paint);
      if (closes) this.open = undefined;
      else if (rule.begin) this.open = { rule, name: rule.name ?? '' };
      if (end === at && !closes) return scopes;
      at = end;
      if (at === text.length && !this.open) return scopes;
      if (at === text.length && this.open && !regexAtEnd(this.open.rule.end!)) return scopes;
    }
    return scopes;
  }

  private captures(match: RegExpExecArray, names: Captures, paint: (from: number, to: number, name: string) => void) {
    for (const [index, { name }] of Object.entries(names)) {
      const range = match.indices?.[Number(index)];
      if (range) paint(range[0], range[1], name);
    }
  }
}

/** Whether an `end` may match the empty place behind the last character. */
function regexAtEnd(source: string): boolean {
  return source.endsWith('$');
}
