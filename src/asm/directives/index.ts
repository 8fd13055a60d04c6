/** All directives by name. `.include`, `.ifdef` and `.macro` are the reader's. */
import { dataDirectives } from './data.ts';
import type { Directive } from './directive.ts';
import { funcDirectives } from './func.ts';
import { mapDirectives } from './map.ts';
import { sectionDirectives } from './section.ts';
import { structDirectives } from './struct.ts';

const READERS_OWN = ['.include', '.if', '.ifdef', '.ifndef', '.else', '.endif', '.macro', '.endm'];

const DIRECTIVES: ReadonlyMap<string, Directive> = new Map(
  Object.entries({
    ...sectionDirectives,
    ...dataDirectives,
    ...structDirectives,
    ...funcDirectives,
    ...mapDirectives,
  }),
);

export function directiveNamed(name: string): Directive | undefined {
  return DIRECTIVES.get(name);
}

export const directiveNames = (): string[] => [...DIRECTIVES.keys(), ...READERS_OWN];
