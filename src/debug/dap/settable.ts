/** New values for what is shown. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { assignment } from '../expr/index.ts';
import type { Edit } from '../session/types.ts';
import type { View } from '../view.ts';
import { dapProblem } from './messages.ts';
import { numberOf } from './numbers.ts';

type Set = (text: string) => Result<Edit>;

/** What an expression names gets the value of another. */
export const setExpr =
  (expr: string, view: View): Set =>
  (text) =>
    assignment(expr, text, view);

/** Up to 8 bytes of memory get a number, in host order, or as many bytes in hex with spaces between them. */
export const setBytes =
  (address: number, size: number, view: View): Set =>
  (text) => {
    const row = /^\s*(?:[0-9a-f]{2}\s+)+[0-9a-f]{2}\s*$/i.test(text) ? text.trim().split(/\s+/) : undefined;
    if (row && row.length === size) {
      return ok({ kind: 'memory', address, bytes: Uint8Array.from(row, (b) => Number.parseInt(b, 16)) });
    }
    if (row || size > 8) return fail(dapProblem('dap-not-a-number', {}, { text, bytes: size }));
    const number = numberOf(text, size, view);
    if (!number.ok) return number;
    const bytes = Uint8Array.from({ length: size }, (_, i) => Number((number.value >> BigInt(8 * i)) & 0xffn));
    return ok({ kind: 'memory', address, bytes });
  };
