/** The verifier's exploration on the screen: the same keys, over nodes in place of moments. */
import type { CommandRun } from '../../commands/row.ts';
import { type PaneContent, type PaneLook, type VerifierPane, verifierPanes } from '../../verifier/panes.ts';
import type { VerifierShell } from '../../verifier/shell.ts';
import { verdictText } from '../../verifier/text.ts';
import type { CommandKey, Content, Face, PaneRow, Pointing } from '../face.ts';
import { LOOK, PLAIN, type Style } from '../style.ts';
import { VERIFIER_LAYOUTS } from './layouts.ts';

const STYLES: Readonly<Record<PaneLook, Style>> = {
  plain: PLAIN,
  here: LOOK.here,
  changed: LOOK.changed,
  faint: LOOK.faint,
  label: LOOK.label,
  warning: LOOK.warning,
  known: LOOK.known,
  error: LOOK.error,
};

/** Insns that are explored in one go. */
const SLICE = 2000;
const LOG_SLICE = 2000;

function contentOf({ count, line, here, title }: PaneContent): Content {
  return {
    count,
    line: (index) => line(index).map(({ text, look }) => ({ text, style: STYLES[look] })),
    here,
    ...(title !== undefined && { title }),
  };
}

/** The screen's own log has the answers; the kernel's has a pane of its own. */
const NAMES: Readonly<Record<VerifierPane['id'], readonly [id: string, title: string]>> = {
  code: ['code', 'code'],
  state: ['state', 'state'],
  tree: ['tree', 'paths'],
  log: ['kernel', 'kernel log'],
};

function paneOf(pane: VerifierPane): PaneRow {
  const [id, title] = NAMES[pane.id];
  return {
    id,
    title,
    ...(pane.choose && { choose: true as const }),
    content: ({ rows }) => contentOf(pane.content(rows)),
    enter: (line) => pane.enter?.(line) ?? false,
  };
}

export class VerifierFace implements Face {
  readonly name: string;
  readonly panes: readonly PaneRow[];
  readonly layouts = VERIFIER_LAYOUTS;
  readonly keys: readonly CommandKey[];
  readonly #shell: VerifierShell;
  readonly #code: VerifierPane;
  #told = false;

  /** `name`: of the file. */
  constructor(shell: VerifierShell, name: string) {
    this.#shell = shell;
    this.name = `${name}: the verifier`;
    const panes = verifierPanes(shell.session);
    this.#code = panes.find((p) => p.id === 'code')!;
    this.panes = panes.map(paneOf);
    this.keys = this.#keys();
  }

  #keys(): readonly CommandKey[] {
    const key = (keys: readonly string[], label: string, command: CommandKey['command'], rank?: number): CommandKey =>
      rank === undefined ? { keys, label, command } : { keys, label, command, rank };
    return [
      key(['s', 'f11'], 'step', 'step', 1),
      key(['n', 'f10'], 'next', 'next', 2),
      key(['f', 'S-f11'], 'finish', 'finish'),
      key(['c', 'f5'], 'continue', 'continue', 5),
      key(['u', 'f4'], 'next visit of the chosen line', (at) => this.#to(at, 'until')),
      key(['S', 'C-f11'], 'back', 'reverse-step', 3),
      key(['N', 'S-f10'], 'next backwards', 'reverse-next'),
      key(['F'], 'back to the call', 'reverse-finish'),
      key(['C', 'S-f5'], 'rev-cont', 'reverse-continue'),
      key(['U', 'S-f4'], 'the visit before of the chosen line', (at) => this.#to(at, 'reverse-until')),
      key(['b', 'f9'], 'break', (at) => this.#toggle(at), 7),
      key(['r'], 'rejection', 'rejection', 4),
      key(['w'], 'cause', 'cause', 6),
      key(['p'], 'next pruned path', 'prune'),
      key(['P'], 'pruned path before', 'reverse-prune'),
      key(['j'], 'next branch', 'branch'),
      key(['J'], 'branch before', 'reverse-branch'),
      key(['<'], 'the node before on this path', 'parent'),
      key(['h'], 'hot spots', 'hot'),
    ];
  }

  /** Slot of the chosen line. */
  #slot(at: Pointing): string | undefined {
    return /\*(\d+)$/.exec(this.#code.enter?.(at.line('code')) ?? '')?.[1];
  }

  #to(at: Pointing, command: string): string | undefined {
    const slot = this.#slot(at);
    return slot === undefined ? undefined : `${command} *${slot}`;
  }

  #toggle(at: Pointing): string | undefined {
    const slot = this.#slot(at);
    if (slot === undefined) return undefined;
    const found = this.#shell.session.breakpoints.find((b) => b.slots.includes(Number(slot)));
    return found ? `delete ${found.number}` : `break *${slot}`;
  }

  /** Before anything is explored there is nothing to say: see `news`. */
  greeting(): readonly string[] {
    return [];
  }

  news(): readonly string[] {
    const { session } = this.#shell;
    if (this.#told || !session.exploration.verification) return [];
    this.#told = true;
    return [...verdictText(session), ...this.#shell.where()];
  }

  begin(line: string): CommandRun {
    return this.#shell.begin(line);
  }

  complete(text: string): readonly string[] {
    return this.#shell.complete(text);
  }

  where(): string {
    const { session } = this.#shell;
    const { graph, listing, node, slot, exploration } = session;
    if (node === 0) return 'nothing is explored yet ';
    const verdict = exploration.verification?.verdict ?? 'exploring';
    return `${verdict}  node ${node} of ${graph.count}  ${listing.placeName(slot)} `;
  }

  progress(): string {
    return `${this.#shell.session.graph.processed} insns processed`;
  }

  refresh(): void {}

  /** Goes on exploring, then looks for the kernel's log of the node. */
  idle(): boolean {
    const { session } = this.#shell;
    return !session.advance(SLICE) || session.log(session.node, LOG_SLICE) === undefined;
  }
}
