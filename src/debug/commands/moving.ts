/** Commands that move: the motion runs in slices, then the shell says where it came to. */
import type { Motion, Stop } from '../session/types.ts';
import type { CommandRun, Reply } from './row.ts';
import { problemLines } from './row.ts';
import type { Shell } from './shell.ts';

/** A motion as a command. */
export function moving(shell: Shell, motion: Motion): CommandRun {
  shell.remember();
  const run = shell.session.move(motion);
  const reply = (stop: Stop): Reply => {
    shell.selectFrame(undefined);
    const problems = problemLines(...shell.session.problems);
    return { lines: [...stop.log, ...problems, ...shell.where()], moved: true };
  };
  return {
    advance: () => {
      const stop = run.advance();
      return stop && reply(stop);
    },
    pause: () => reply(run.pause()),
    said: () => run.said(),
  };
}
