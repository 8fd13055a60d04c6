/** Programs as text: name, then section and body. */
export type Sources = Readonly<Record<string, readonly [section: string, body: string]>>;

/** Lines of a program. */
export const joined = (...lines: readonly string[]): string => lines.join('\n');
