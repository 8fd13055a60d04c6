/** Formats of bpf_snprintf, right and wrong. */
import { type Requests, requestOf } from './source.ts';

const FORMATS =
  '|hello|%d|%%|%|%d %d|%05d|%-5u|%+d|%ld|%lld|%llld|%hd|%o|%p|%px|%pK|%ps|%pB|%pI4|%pi6|%pI5|%pI|%pks|%pus|%pkx|%ks|%s|%sx|%s.|%10s|%c|%f|%l|%pA|%p.|%pxd|%.5d|%d%d%d%d|%lu|%ls|%0|%pI4x|%cx|%pus.|%pksd|%*d'.split(
    '|',
  );
const BYTES = [1, 9, 14, 32, 127, 128, 160, 161, 192, 215, 255];

function request(bytes: readonly number[], length: number): ReturnType<typeof requestOf> {
  const body = `r1 = r10\nr1 += -64\nr2 = 16\nr3 = text ll\nr4 = r10\nr4 += -24\nr5 = ${length}\ncall bpf_snprintf\nr0 = 0\nexit\n`;
  const zero = '*(u64 *)(r10 - 8) = 0\n*(u64 *)(r10 - 16) = 0\n*(u64 *)(r10 - 24) = 0\n';
  const data = `.section .rodata\ntext:\n.byte ${[...bytes, 0].join(', ')}\n`;
  return requestOf('fmt', `.section license\n.asciz "GPL"\n${data}.section "tc"\n${zero}${body}`);
}

/** All requests, by name. */
export function formatRequests(): Requests {
  const all: Requests = new Map();
  const codes = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
  for (const format of FORMATS)
    for (const length of [8, 24]) all.set(`"${format}" ${length}`, request(codes(format), length));
  for (const byte of BYTES)
    for (const head of ['', '%', '%s', '%p', '%pks', '%5'])
      all.set(`"${head}" and byte ${byte}`, request([...codes(head), byte], 24));
  all.set('length of no whole words', request(codes('%d'), 7));
  return all;
}
