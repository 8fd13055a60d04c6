/** Lines typed at a prompt, with history and completion. */
import { createInterface, type Interface } from 'node:readline';

type Complete = (typed: string) => readonly string[];
/** Asks for a line; undefined at the end of input (Ctrl-D). Ctrl-C gives an empty comment. */
export type Ask = (prompt: string, complete: Complete) => Promise<string | undefined>;

/** The prompt of the process's terminal. Nothing is touched before the first question. */
export function nodePrompt(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream): Ask {
  let reader: Interface | undefined;
  let complete: Complete = () => [];
  let answer: ((line: string | undefined) => void) | undefined;
  let ended = false;
  // Several lines may come in one piece.
  const waiting: string[] = [];
  const give = (line: string | undefined): void => {
    const give = answer;
    answer = undefined;
    // Between questions the terminal is as it was: Ctrl-C is a signal.
    reader?.pause();
    stdin.setRawMode(false);
    give?.(line);
  };
  const open = (): Interface => {
    const made = createInterface({
      input: stdin,
      output: stdout,
      completer: (typed: string) => [[...complete(typed)], /[\w.$:*-]*$/.exec(typed)?.[0] ?? ''],
    });
    made.on('line', (line) => (answer ? give(line) : waiting.push(line)));
    made.on('SIGINT', () => {
      stdout.write('\n');
      give('#');
    });
    made.on('close', () => {
      ended = true;
      if (answer) stdout.write('\n');
      give(undefined);
    });
    return made;
  };
  return (prompt, completer) =>
    new Promise((resolve) => {
      const next = waiting.shift();
      if (next !== undefined || ended) {
        resolve(next);
        return;
      }
      reader ??= open();
      complete = completer;
      answer = resolve;
      stdin.setRawMode(true);
      reader.setPrompt(prompt);
      reader.prompt();
    });
}
