/** What can be typed for a place. */
import { PLACE_WORDS } from '../session/place.ts';
import type { Shell } from './shell.ts';

/** Functions, labels, files and the words that places begin with. */
export function placeNames({ session }: Shell): readonly string[] {
  const { symbols } = session;
  return [...symbols.names, ...symbols.files.map((f) => `${f}:`), ...PLACE_WORDS];
}
