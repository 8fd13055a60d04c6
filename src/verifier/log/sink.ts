/** Where the log goes: text that can be cut back to an earlier position. */

export interface LogSink {
  readonly level: number;
  /** Bytes written so far. */
  readonly end: number;
  write(text: string): void;
  /** Forgets everything behind a position. @kernel bpf_vlog_reset */
  reset(position: number): void;
  text(): string;
}

/** So many writes become one piece: a log of a million insns has tens of millions of them. */
const PIECE = 4096;

export function makeSink(level: number): LogSink {
  const pieces: string[] = [];
  let parts: string[] = [];
  let end = 0;
  const pack = (): void => {
    pieces.push(parts.join(''));
    parts = [];
  };
  return {
    level,
    get end() {
      return end;
    },
    write(text) {
      parts.push(text);
      end += text.length;
      if (parts.length >= PIECE) pack();
    },
    reset(position) {
      while (end > position) {
        const from = parts.length > 0 ? parts : pieces;
        const last = from.pop()!;
        end -= last.length;
        if (end < position) {
          const kept = last.slice(0, position - end);
          from.push(kept);
          end += kept.length;
        }
      }
    },
    text: () => pieces.join('') + parts.join(''),
  };
}
