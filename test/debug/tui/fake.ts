/** A face without a session: panes of numbered lines, commands that answer at once or after some slices. */
import type { CommandRun, Reply } from '../../../src/debug/commands/row.ts';
import { App, type AppOptions } from '../../../src/debug/tui/app.ts';
import { type Face, linesContent, type PaneRow } from '../../../src/debug/tui/face.ts';
import { type Key, KeyReader } from '../../../src/debug/tui/keys.ts';
import type { LayoutRow } from '../../../src/debug/tui/layout.ts';
import { line } from '../../../src/debug/tui/line.ts';

const LAYOUTS: readonly LayoutRow[] = [
  { columns: 0, rows: 0, part: { panes: ['one', 'two', 'log'] } },
  {
    columns: 30,
    rows: 12,
    part: {
      below: [
        {
          share: 2,
          part: {
            beside: [
              { share: 1, part: { panes: ['one'] } },
              { share: 1, part: { panes: ['two'] } },
            ],
          },
        },
        { share: 1, part: { panes: ['log'] } },
      ],
    },
  },
];

function numbered(id: string, count: number, choose: boolean): PaneRow {
  return {
    id,
    title: id,
    ...(choose && { choose: true as const }),
    content: () => linesContent(Array.from({ length: count }, (_, i) => line(`${id} ${i}`))),
    enter: (index) => (choose ? `open ${index}` : false),
  };
}

/** Commands are `slow N` (N slices), `fail`, `quit`; all others are repeated. */
export class FakeFace implements Face {
  readonly name = 'fake.bpf';
  readonly panes = [numbered('one', 50, true), numbered('two', 5, false)];
  readonly layouts = LAYOUTS;
  readonly keys = [
    { keys: ['s', 'f11'], label: 'step', rank: 1, command: 'step' },
    { keys: ['b'], label: 'break', command: (at: { line(id: string): number }) => `break ${at.line('one')}` },
  ];
  readonly ran: string[] = [];
  left = 0;
  refreshed = 0;

  greeting(): readonly string[] {
    return ['hello'];
  }

  begin(text: string): CommandRun {
    this.ran.push(text);
    const reply: Reply =
      text === 'quit'
        ? { lines: [], quit: true }
        : text === 'fail'
          ? { lines: ['error: no'], failed: true }
          : { lines: [`did ${text}`] };
    this.left = Number(/^slow (\d+)$/.exec(text)?.[1] ?? 0);
    return {
      advance: () => (this.left-- > 0 ? undefined : reply),
      pause: () => ({ lines: ['Paused.'] }),
    };
  }

  complete(text: string): readonly string[] {
    return ['break', 'backtrace', 'step'].filter((name) => name.startsWith(text));
  }

  where(): string {
    return 'here';
  }

  progress(): string {
    return `${this.left} left`;
  }

  refresh(): void {
    this.refreshed++;
  }
}

export const OPTIONS: AppOptions = { rows: 14, columns: 40, colours: true, unicode: true };

export function appOf(face: Face, options: Partial<AppOptions> = {}): App {
  return new App(face, { ...OPTIONS, ...options });
}

/** Keys by name, and texts as they are typed: `<up>` is a key. */
export function keysOf(text: string): Key[] {
  return [...text.matchAll(/<([^>]+)>|(.)/gs)].map(([, name, char]) =>
    name !== undefined ? { name } : { name: char === ' ' ? 'space' : char!, text: char! },
  );
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Names of the keys of some bytes. */
export function named(...pieces: readonly (string | Uint8Array)[]): string[] {
  const reader = new KeyReader();
  return pieces.flatMap((p) => reader.feed(typeof p === 'string' ? bytes(p) : p)).map((k) => k.name);
}
