/** Programs with func_info, line_info and BTF, changed at random places. */
import type { LoadRequest } from '../../../src/spec/request.ts';
import { fromHex, toHex } from '../../../src/util/hex.ts';
import type { Random } from '../../random.ts';
import { infoRequests } from '../../verifier/infoRequests.ts';
import { mutate } from '../mutate.ts';

const FIELDS = ['func_info', 'line_info', 'core_relo', 'btf', 'insns'] as const;
const SIZES = ['func_info_rec_size', 'line_info_rec_size', 'core_relo_rec_size'] as const;

/** Hex text with some of its bytes changed; words often get small numbers, so that more than the first check is reached. */
function changed(random: Random, hex: string): string {
  const bytes = fromHex(hex)!;
  if (random.bool(0.5) || bytes.length < 4) return toHex(mutate(random, bytes));
  const copy = bytes.slice();
  const at = 4 * random.below(copy.length >> 2);
  const value = random.bool(0.8) ? random.below(12) : random.next();
  new DataView(copy.buffer).setUint32(at, value, true);
  return toHex(copy);
}

let known: readonly LoadRequest[] | undefined;

/** One of the small programs, with one to three changes. */
export function randomInfoRequest(random: Random, name: string): LoadRequest {
  known ??= [...infoRequests().values()].filter((r) => r.insns !== undefined && r.insns.length < 400);
  let request: LoadRequest = { ...random.pick(known), name };
  for (let i = 1 + random.below(3); i > 0; i--) {
    if (random.bool(0.1)) {
      request = { ...request, [random.pick(SIZES)]: random.pick([1, 4, 8, 12, 16, 20, 252, 256, 4096]) };
      continue;
    }
    const field = random.pick(random.bool(0.7) ? FIELDS.slice(0, 3) : FIELDS);
    const hex = request[field];
    if (typeof hex === 'string') request = { ...request, [field]: changed(random, hex) };
  }
  return request;
}
