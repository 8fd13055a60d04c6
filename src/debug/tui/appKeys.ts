/** Keys of the screen itself: one row each. */
import type { App } from './app.ts';

export interface AppKey {
  readonly keys: readonly string[];
  /** `quiet`: while nothing is typed. */
  readonly when: 'always' | 'quiet' | 'typing';
  /** For the help. */
  readonly help: string;
  readonly run: (app: App) => void;
}

const digit = (n: number): AppKey => ({
  keys: [`${n}`, `M-${n}`],
  when: 'quiet',
  help: '',
  run: (app) => {
    if (!app.panes.choose(app.panes.byNumber(n))) app.note(`there is no pane ${n}`);
  },
});

export const APP_KEYS: readonly AppKey[] = [
  { keys: [':'], when: 'quiet', help: 'type a command, whatever letter it begins with', run: begin },
  { keys: ['esc', 'C-g', 'C-c'], when: 'typing', help: 'forget what is typed', run: cancel },
  { keys: ['tab', 'C-o'], when: 'quiet', help: 'the next pane', run: (app) => app.panes.next(1) },
  { keys: ['S-tab'], when: 'always', help: 'the pane before', run: (app) => app.panes.next(-1) },
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(digit),
  { keys: ['z'], when: 'quiet', help: 'this pane alone, and back', run: zoom },
  { keys: ['pageup'], when: 'typing', help: '', run: (app) => app.panes.focused.page(-1) },
  { keys: ['pagedown'], when: 'typing', help: '', run: (app) => app.panes.focused.page(1) },
  {
    keys: ['enter'],
    when: 'quiet',
    help: 'open what is chosen in a pane; the last step again',
    run: (app) => app.enter(),
  },
  { keys: ['?', 'f1'], when: 'quiet', help: 'this page', run: (app) => app.showHelp() },
  { keys: ['C-l'], when: 'always', help: 'draw everything anew', run: (app) => app.redraw() },
  { keys: ['C-c'], when: 'quiet', help: 'stop what runs', run: (app) => app.note('nothing runs; q quits') },
  { keys: ['C-z'], when: 'always', help: 'back to the shell for a while', run: (app) => app.suspend() },
  { keys: ['q', 'C-d'], when: 'quiet', help: 'quit', run: (app) => app.askToQuit() },
  // An escape that means nothing is no mistake.
  { keys: ['esc', 'backspace', 'space'], when: 'quiet', help: '', run: () => {} },
];

function begin(app: App): void {
  app.typing = true;
}

function cancel(app: App): void {
  if (app.editor.searching) app.editor.key({ name: 'C-g' });
  else {
    app.editor.clear();
    app.typing = false;
  }
}

function zoom(app: App): void {
  app.panes.zoomed = !app.panes.zoomed;
}
