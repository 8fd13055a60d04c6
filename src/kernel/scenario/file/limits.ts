/** A file is looked over before it is read: what is too deep, too large or no JSON is not read at all. */

const DEEPEST = 64;
const MOST_VALUES = 8_000_000;
const MOST_TEXT = 256 * 1024 * 1024;

/** What is wrong with a parsed file as a whole, in words. Takes time for at most 8 million values, whatever it is given. */
export function oversize(json: unknown): string | undefined {
  let values = 0;
  let text = 0;
  const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value: json, depth: 0 }];
  for (let one = waiting.pop(); one; one = waiting.pop()) {
    const { value, depth } = one;
    values++;
    if (typeof value === 'string') text += value.length;
    if (values > MOST_VALUES || text > MOST_TEXT) return `more than ${MOST_VALUES} values or ${MOST_TEXT} characters`;
    if (typeof value !== 'object' || value === null) {
      if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol')
        return `a ${typeof value}, which is no JSON`;
      continue;
    }
    if (depth === DEEPEST) return `nested more than ${DEEPEST} deep`;
    if (!Array.isArray(value) && !isPlain(value)) return 'an object that is neither a mapping nor a list';
    const parts = Array.isArray(value) ? value : Object.values(value);
    if (waiting.length + parts.length > MOST_VALUES) return `more than ${MOST_VALUES} values`;
    for (const part of parts) waiting.push({ value: part, depth: depth + 1 });
  }
  return undefined;
}

function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || proto === Object.prototype || Object.getPrototypeOf(proto) === null;
}
