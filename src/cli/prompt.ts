/** Lines typed at a prompt, with history and completion. */
import { createInterface } from 'node:readline';

const history: string[] = [];

/** Asks for a line on the process's terminal; undefined at the end of input (Ctrl-D). Ctrl-C gives an empty line. */
export function askLine(prompt: string, complete: (typed: string) => readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const reader = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt,
      history: [...history],
      completer: (typed: string) => {
        const last = /[\w.$:*-]*$/.exec(typed)?.[0] ?? '';
        return [[...complete(typed)], last];
      },
    });
    let answered = false;
    const answer = (line: string | undefined): void => {
      if (answered) return;
      answered = true;
      if (line !== undefined && line.trim() !== '') history.unshift(line);
      reader.close();
      resolve(line);
    };
    reader.on('line', answer);
    reader.on('SIGINT', () => {
      process.stdout.write('\n');
      answer('#');
    });
    reader.on('close', () => {
      if (!answered) process.stdout.write('\n');
      answer(undefined);
    });
    reader.prompt();
  });
}
