/** How a cell looks, as a number: attributes and one of eight colours. Colour never says anything that a mark does not say, too. */

export type Style = number;

export const PLAIN: Style = 0;
export const BOLD: Style = 1;
const DIM: Style = 2;
export const UNDERLINE: Style = 4;
export const REVERSE: Style = 8;
const COLOUR_SHIFT = 4;

const COLOURS = ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan'] as const;
export type Colour = (typeof COLOURS)[number];

/** A style of this colour; may be or-ed with attributes. */
export function colour(name: Colour): Style {
  return (COLOURS.indexOf(name) + 1) << COLOUR_SHIFT;
}

/** What things look like. Pairs that must be told apart differ by an attribute or a mark, not by their colour alone. */
export const LOOK = {
  title: BOLD,
  focus: BOLD | REVERSE,
  here: REVERSE,
  changed: BOLD | colour('yellow'),
  warning: BOLD | colour('magenta'),
  known: colour('cyan'),
  faint: DIM,
  label: colour('blue') | BOLD,
  key: BOLD,
  command: BOLD,
  error: BOLD | colour('red'),
  border: DIM,
} as const satisfies Readonly<Record<string, Style>>;

/** The SGR parameters of a style, from nothing: `0;1;33`. Without `colours` attributes only. */
export function sgr(style: Style, colours: boolean): string {
  const parts = ['0'];
  if (style & BOLD) parts.push('1');
  if (style & DIM) parts.push('2');
  if (style & UNDERLINE) parts.push('4');
  if (style & REVERSE) parts.push('7');
  const index = style >> COLOUR_SHIFT;
  if (colours && index > 0) parts.push(`${30 + index}`);
  return parts.join(';');
}
