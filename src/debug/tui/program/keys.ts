/** Keys of a program's session: gdb's letters, and the function keys of editors. Shifted letters go back in time. */
import type { CommandKey, Pointing } from '../face.ts';
import type { ProgramFace } from './face.ts';

/** A step is a source line where source is shown, else an insn. */
const stepping = (face: ProgramFace, line: string, insn: string) => () => (face.code.bySource ? line : insn);

function toggle(face: ProgramFace, at: Pointing): string | undefined {
  const index = at.line(face.code.id);
  const numbers = face.code.stopsAt(index);
  if (numbers.length > 0) return `delete ${numbers.join(' ')}`;
  const place = face.code.placeAt(index);
  return place && `break ${place}`;
}

function toCursor(face: ProgramFace, at: Pointing, command: string): string | undefined {
  const place = face.code.placeAt(at.line(face.code.id));
  return place && `${command} ${place}`;
}

export function programKeys(face: ProgramFace): readonly CommandKey[] {
  return [
    {
      keys: ['s', 'f11'],
      label: 'step',
      help: 'a line or insn, into calls',
      rank: 1,
      command: stepping(face, 'step', 'stepi'),
    },
    {
      keys: ['n', 'f10'],
      label: 'next',
      help: 'a line or insn, over calls',
      rank: 2,
      command: stepping(face, 'next', 'nexti'),
    },
    {
      keys: ['f', 'S-f11'],
      label: 'finish',
      help: 'out of the function, or of the program',
      rank: 5,
      command: 'finish',
    },
    {
      keys: ['c', 'f5'],
      label: 'continue',
      help: 'to the next breakpoint, or to the end',
      rank: 3,
      command: 'continue',
    },
    { keys: ['u', 'f4'], label: 'run to the chosen line', command: (at) => toCursor(face, at, 'until') },
    {
      keys: ['S', 'C-f11'],
      label: 'back',
      help: 'step backwards',
      rank: 4,
      command: stepping(face, 'reverse-step', 'reverse-stepi'),
    },
    { keys: ['N', 'S-f10'], label: 'next backwards', command: stepping(face, 'reverse-next', 'reverse-nexti') },
    { keys: ['F'], label: 'back to the call', command: 'reverse-finish' },
    { keys: ['C', 'S-f5'], label: 'rev-cont', help: 'continue backwards', rank: 6, command: 'reverse-continue' },
    { keys: ['U', 'S-f4'], label: 'back to the chosen line', command: (at) => toCursor(face, at, 'reverse-until') },
    {
      keys: ['b', 'f9'],
      label: 'break',
      help: 'a breakpoint at the chosen line, or none',
      rank: 7,
      command: (at) => toggle(face, at),
    },
    { keys: ['d'], label: 'source or insns', command: () => face.toggleInsns() },
    { keys: ['<'], label: 'frame of the caller', command: 'up' },
    { keys: ['>'], label: 'frame of the callee', command: 'down' },
  ];
}
