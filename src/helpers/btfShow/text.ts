/** The text of a value, as far as there is room, and the length that all of it has. */
export class ShownText {
  /** Bytes of everything printed. */
  length = 0;
  text = '';
  /** Room left, with the NUL; 0 after the first piece that did not fit. */
  left: number;

  constructor(room: number) {
    this.left = room;
  }

  /** @kernel btf_snprintf_show */
  add(piece: string): void {
    this.length += piece.length;
    if (this.left === 0) return;
    this.text += piece.slice(0, this.left - 1);
    this.left = piece.length < this.left ? this.left - piece.length : 0;
  }
}
