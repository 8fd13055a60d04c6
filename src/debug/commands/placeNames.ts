/** What can be typed for a place. */
import { PLACE_WORDS } from '../session/place.ts';
import type { Shell } from './shell.ts';

/** Functions, labels, files and the words that places begin with. */
export function placeNames({ session }: Shell): readonly string[] {
  const { symbols } = session;
  const names = symbols.progs.flatMap((p) => [
    p.name,
    ...p.functions.map((f) => f.name),
    ...p.labels.map((l) => l.name),
  ]);
  return [...names, ...symbols.files.map((f) => `${f}:`), ...PLACE_WORDS];
}
