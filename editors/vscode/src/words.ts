/** What hovers and completion say about words; knows nothing of VS Code. */

/** Texts by kind (`helper`, `kfunc`, `field`, `constant`, `directive`), then by name: data/words.json. */
export type Words = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Known {
  readonly kind: string;
  readonly name: string;
  readonly text: string;
}

/** What is known of a word, as written. */
export function lookUp(words: Words, name: string): Known | undefined {
  for (const [kind, texts] of Object.entries(words)) {
    if (Object.hasOwn(texts, name)) return { kind, name, text: texts[name]! };
  }
  return undefined;
}

/** What may stand where the line ends so. */
export function candidates(words: Words, before: string): Known[] {
  const typed = /[A-Za-z_.$@][\w.$@]*$/.exec(before)?.[0] ?? '';
  const lead = before.slice(0, before.length - typed.length);
  if (/[#"]|\/\//.test(lead)) return [];
  const kinds = /(?:^|\s)call\s+$/.test(lead)
    ? ['helper', 'kfunc']
    : typed.startsWith('.')
      ? ['directive']
      : lead.trim() === ''
        ? []
        : ['constant', 'field'];
  return kinds.flatMap((kind) =>
    Object.entries(words[kind] ?? {})
      .filter(([name]) => name.startsWith(typed))
      .map(([name, text]) => ({ kind, name, text })),
  );
}
