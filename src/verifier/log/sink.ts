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

export function makeSink(level: number): LogSink {
  const parts: string[] = [];
  let end = 0;
  return {
    level,
    get end() {
      return end;
    },
    write(text) {
      parts.push(text);
      end += text.length;
    },
    reset(position) {
      while (end > position) {
        const last = parts.pop()!;
        end -= last.length;
        if (end < position) {
          const kept = last.slice(0, position - end);
          parts.push(kept);
          end += kept.length;
        }
      }
    },
    text: () => parts.join(''),
  };
}
