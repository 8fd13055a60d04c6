/** The log of a BTF blob's verification: every type with its details, and behind the last one what is wrong with it. */

/** The kernel formats into a buffer of so many bytes, its final zero included. */
const TMP_LOG_SIZE = 1024;

/** One write of the kernel's, cut where its buffer ends. */
export function cut(text: string): string {
  return text.length < TMP_LOG_SIZE ? text : text.slice(0, TMP_LOG_SIZE - 1);
}

/** Text as it is written; nothing is built at level 0. */
export class BtfLog {
  readonly on: boolean;
  private readonly parts: string[] = [];

  constructor(level: number) {
    this.on = level !== 0;
  }

  write(text: string): void {
    if (this.on) this.parts.push(text);
  }

  text(): string {
    return this.parts.join('');
  }
}
