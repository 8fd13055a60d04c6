/** JSON as bpftool lays it out: compact, or indented with members on lines of their own and array elements behind commas. */

const INDENT = '    ';

/** Writes one JSON document piece by piece; nothing checks that it is one. */
export class JsonWriter {
  readonly #pretty: boolean;
  readonly #out: string[] = [];
  #depth = 0;
  /** What stands before the next piece: nothing after an opening bracket or a name, else a comma. */
  #separator = '';

  constructor(pretty: boolean) {
    this.#pretty = pretty;
  }

  /** What has been written. */
  get text(): string {
    return this.#out.join('');
  }

  /** A value as it stands: a number, true, or what is no JSON at all. */
  raw(text: string): void {
    this.#out.push(this.#separator, text);
    this.#separator = ',';
  }

  /** A string; control characters must not be in it. */
  string(text: string): void {
    this.raw(quoted(text));
  }

  name(text: string): void {
    this.#out.push(this.#separator);
    this.#line();
    this.#out.push(quoted(text), this.#pretty ? ': ' : ':');
    this.#separator = '';
  }

  /** A member whose value stands as it is. */
  member(name: string, text: string): void {
    this.name(name);
    this.raw(text);
  }

  open(bracket: '{' | '['): void {
    this.#out.push(this.#separator, bracket);
    this.#depth++;
    this.#separator = '';
  }

  close(bracket: '}' | ']'): void {
    this.#depth--;
    if (this.#separator !== '') this.#line();
    this.#out.push(bracket);
    this.#separator = ',';
  }

  #line(): void {
    if (this.#pretty) this.#out.push('\n', INDENT.repeat(this.#depth));
  }
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
