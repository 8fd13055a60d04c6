/** Choosing one of several by name. */
import { PROG_TYPES } from '../spec/progTypes.ts';
import { suggest } from '../util/suggest.ts';
import { unusable } from './failure.ts';

/** Index of `wanted` in `names`, or leaves the command with what there is and what was probably meant. */
export function pickProgram(names: readonly string[], wanted: string, noun = 'program'): number {
  const index = names.indexOf(wanted);
  if (index >= 0) return index;
  const hint = suggest(wanted, names);
  const shown = names.length > 12 ? `${names.slice(0, 12).join(', ')}, …` : names.join(', ');
  const are = names.length === 1 ? `is one: ${shown}` : `are: ${shown}`;
  const help = hint === undefined ? 'choose one of these' : `did you mean '${hint}'?`;
  unusable('no-choice', {}, { noun, name: wanted, are, help });
}

/** Leaves the command for a prog type that the kernel does not have. */
export function checkType(type: string | undefined): void {
  if (type !== undefined) pickProgram(Object.keys(PROG_TYPES), type, 'program type');
}
