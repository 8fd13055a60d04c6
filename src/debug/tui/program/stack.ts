/** The stack of the frame, slot by slot. */
import type { Shell } from '../../commands/shell.ts';
import { pointerText } from '../../inspect/pointer.ts';
import { decimalText } from '../../inspect/registers.ts';
import { frameStack, type StackSlot } from '../../inspect/stack.ts';
import { type Content, linesContent, type PaneRow } from '../face.ts';
import { line, type Span, type StyledLine, span } from '../line.ts';
import { LOOK, PLAIN } from '../style.ts';
import { fitted } from '../text.ts';
import type { Kept } from './kept.ts';
import { type Knows, knownSpan } from './known.ts';

const WIDE = 62;
const MEANING = 24;

/** Bytes in hex, in wide panes with a star before each that changed. */
export function byteSpans(bytes: Uint8Array, changed: readonly boolean[] | undefined, spaced: boolean): Span[] {
  const spans: Span[] = [];
  for (const [i, byte] of bytes.entries()) {
    const differs = changed?.[i] === true;
    const gap = spaced ? (differs ? '*' : ' ') : '';
    spans.push(span(gap + byte.toString(16).padStart(2, '0'), differs ? LOOK.changed : PLAIN));
  }
  return spans;
}

export function stackPane(shell: Shell, kept: Kept, knows: Knows): PaneRow {
  return {
    id: 'stack',
    title: 'stack',
    content: ({ columns }): Content => {
      const view = kept.get('view', () => shell.view());
      if (!view.machine) return linesContent([line('(nothing runs)')]);
      const since = shell.stackBefore;
      const { slots } = kept.get('stack', () => frameStack(view, since ? { since } : {}));
      const known = knows(view.depth);
      if (slots.length === 0) return linesContent([line('(all zero)', LOOK.faint)]);
      const make = (slot: StackSlot): StyledLine => {
        const { offset, bytes, value, pointer, changed } = slot;
        const differs = changed?.includes(true) === true;
        const meaning = pointer ? pointerText(pointer) : decimalText(value);
        const found = known?.values.get(`fp${offset}`);
        return [
          span(`${differs ? '*' : ' '}${`fp${offset}`.padEnd(8)}`, differs ? LOOK.changed : LOOK.label),
          ...byteSpans(bytes, changed, columns >= WIDE),
          span(`  ${found && columns >= WIDE ? `${fitted(meaning, MEANING)} ` : meaning}`),
          ...(found ? [span(' '), knownSpan(found)] : []),
        ];
      };
      return linesContent(slots.map(make), { title: `frame ${view.depth}` });
    },
  };
}
