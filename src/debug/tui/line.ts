/** A line of a pane: pieces of text, each with its look. */
import { PLAIN, type Style } from './style.ts';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type StyledLine = readonly Span[];

export const span = (text: string, style: Style = PLAIN): Span => ({ text, style });

/** A line of one look. */
export const line = (text: string, style: Style = PLAIN): StyledLine => [{ text, style }];

/** The line with these attributes on top of its own. */
export const over = (spans: StyledLine, style: Style): StyledLine =>
  spans.map((s) => ({ text: s.text, style: s.style | style }));
