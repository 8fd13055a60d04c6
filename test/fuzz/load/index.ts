/** All kinds of random load requests: BTF blobs, special fields, program infos, attributes. */
import type { LoadRequest } from '../../../src/spec/request.ts';
import { toHex } from '../../../src/util/hex.ts';
import { Random } from '../../random.ts';
import { randomAttrRequest } from './attrs.ts';
import { randomBtf } from './blobs.ts';
import { randomInfoRequest } from './infos.ts';
import { randomRecordRequest } from './records.ts';

const PROGRAM = { prog_type: 'socket_filter', insns: 'b7000000000000009500000000000000' } as const;

/** `count` requests; the same seed gives the same ones. */
export function* loadRequests(seed: number, count: number): Generator<LoadRequest> {
  const random = new Random(seed);
  for (let i = 0; i < count; i++) {
    yield random.weighted<LoadRequest>([
      [4, () => ({ ...PROGRAM, name: `blob ${i}`, btf: toHex(randomBtf(random)) })],
      [2, () => randomRecordRequest(random, `record ${i}`)],
      [3, () => randomInfoRequest(random, `info ${i}`)],
      [1, () => randomAttrRequest(random, `attr ${i}`)],
    ]);
  }
}
