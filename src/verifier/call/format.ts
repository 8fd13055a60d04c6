/** The printf formats that programs may use. */

/** White space and punctuation, as the kernel's table of Latin-1 has them. */
const WORD_END = '[\\s!-/:-@\\[-`{-~\\xa1-\\xbf\\xd7\\xf7]';
/** What follows `p`: `x`, `K` and so on for kernel pointers, `I4` for addresses, `ks` and `us` for strings. */
const AFTER_POINTER = new RegExp(`^(?:[ku]s(?=$|${WORD_END})|(?=$)|${WORD_END}|[KxsSB]|[iI][46])`);
/** Strings end a word. */
const AFTER_STRING = new RegExp(`^(?=$|${WORD_END})`);
const WIDTH = /^[0+\- ]*(?:[1-9][0-9]*)?/;
const NUMBER = /^l?l?[iduxX]/;
/** Control characters are refused; bytes of other alphabets pass. */
const PRINTABLE = /^[\x20-\x7e\x80-\xff\t-\r]$/;

/** Characters of a conversion behind `%` and its width; undefined when the kernel has no such conversion. */
function conversion(rest: string): number | undefined {
  const width = WIDTH.exec(rest)![0].length;
  const spec = rest.slice(width);
  const behind = spec.slice(1);
  switch (spec[0]) {
    case 'p': {
      const found = AFTER_POINTER.exec(behind);
      return found ? width + 1 + found[0].length : undefined;
    }
    case 's':
      return AFTER_STRING.test(behind) ? width + 1 : undefined;
    case 'c':
      return width + 1;
    default: {
      const found = NUMBER.exec(spec);
      return found ? width + found[0].length : undefined;
    }
  }
}

/** Whether a format is well-formed and has at most `args` conversions. @kernel bpf_bprintf_prepare */
export function formatTakes(bytes: Uint8Array, args: number): boolean {
  const text = String.fromCharCode(...bytes);
  let used = 0;
  for (let i = 0; i < text.length; i++) {
    if (!PRINTABLE.test(text[i]!)) return false;
    if (text[i] !== '%') continue;
    if (text[i + 1] === '%') {
      i++;
      continue;
    }
    if (used >= args) return false;
    const length = conversion(text.slice(i + 1));
    if (length === undefined) return false;
    i += length;
    used++;
  }
  return true;
}
