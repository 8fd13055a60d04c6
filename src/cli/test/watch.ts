/** `--watch`: again whenever a file changes that was read. */
import { Failure, STATUS, type Status, showProblems, unusable } from '../failure.ts';
import type { Io } from '../io.ts';
import { styleOf } from '../style.ts';

/** The whole screen, and what has scrolled out of it. */
const CLEAR = '\x1b[2J\x1b[3J\x1b[H';

/** Runs, waits for changes, and runs again until the user leaves; the status of the last run. */
export async function watched(io: Io, run: (io: Io) => Promise<Status>): Promise<Status> {
  const watcher = io.watcher?.() ?? unusable('no-watch');
  const seen: Io = {
    ...io,
    readFile(path) {
      if (path !== '-') watcher.add(path, false);
      return io.readFile(path);
    },
    list(path) {
      watcher.add(path, true);
      return io.list(path);
    },
  };
  try {
    for (;;) {
      if (io.columns !== undefined) io.out(CLEAR);
      const status = await attempt(seen, run);
      if (status === STATUS.interrupted) return status;
      io.err(`${styleOf(io).dim('waiting for changes; q leaves')}\n`);
      if ((await watcher.wait()) === 'left') return status;
    }
  } finally {
    watcher.close();
  }
}

/** A file that cannot be read now may be there in a moment. */
async function attempt(io: Io, run: (io: Io) => Promise<Status>): Promise<Status> {
  try {
    return await run(io);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    showProblems(io, error.problems, { json: false });
    return error.status;
  }
}
