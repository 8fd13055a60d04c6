/** The page that tells what keys do. */
import type { AppKey } from './appKeys.ts';
import type { Face } from './face.ts';
import { line, type StyledLine, span } from './line.ts';
import { LOOK } from './style.ts';

const NAMES: Readonly<Record<string, string>> = {
  'C-': 'ctrl-',
  'M-': 'alt-',
  'S-': 'shift-',
};

/** A key as people call it: `shift-F11`, `ctrl-c`. */
export function keyLabel(name: string): string {
  const [, mods = '', key = ''] = /^((?:[CMS]-)*)(.+)$/.exec(name) ?? [];
  const words = mods.replace(/[CMS]-/g, (m) => NAMES[m]!);
  return words + (/^f\d+$/.test(key) ? key.toUpperCase() : key);
}

const WIDTH = 24;

function row(keys: readonly string[], text: string): StyledLine {
  return [span(`  ${keys.map(keyLabel).join(', ').padEnd(WIDTH)}`, LOOK.key), span(text)];
}

export function helpPage(
  face: Face,
  own: readonly AppKey[],
  panes: readonly { readonly title: string }[],
): StyledLine[] {
  return [
    line('Keys while nothing is typed', LOOK.title),
    ...face.keys.map((key) => row(key.keys, key.help ?? key.label)),
    ...own.filter((key) => key.help !== '' && key.when !== 'typing').map((key) => row(key.keys, key.help)),
    row(['up', 'down', 'pageup', 'home'], 'move in the pane that has the keys; left and right move it sideways'),
    line(''),
    line('Panes', LOOK.title),
    ...panes.map((pane, i) => row([`${i + 1}`], pane.title)),
    line(''),
    line('Typing', LOOK.title),
    line('  Any other letter begins a command; : begins one that starts with a letter above.'),
    line('  tab completes, up and down recall, ctrl-r searches what was typed; ctrl-a e b f d k u w y t as in Emacs.'),
    line("  'help' lists all commands, 'help COMMAND' tells more of one."),
    line(''),
    line('Marks', LOOK.title),
    line('  >  where it stands      *  a breakpoint; what changed since the last stop'),
    line('  ~  where a jump goes; what the verifier did not compare on this path'),
    line('  !  a fault; the verifier knew less than one might think'),
  ];
}
