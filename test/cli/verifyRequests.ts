/** Requests whose answers are recorded from a kernel; `scripts/record-verify-requests.ts` reads them too. */
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import type { LoadRequest, LoadResult, ProgResult } from '../../src/spec/request.ts';

const COUNT = `.map counts, type=array, key=4, value=8, max_entries=4
.section "xdp"
.globl count
count:
  *(u32 *)(r10 - 4) = 1
  r2 = r10
  r2 += -4
  r1 = counts ll
  call bpf_map_lookup_elem
  if r0 == 0 goto out
  r1 = 1
  lock *(u64 *)(r0 + 0) += r1
out:
  r0 = XDP_PASS
  exit
`;

function assembled(text: string, more: Partial<LoadRequest>): LoadRequest {
  const { object, problems } = assemble(text, { file: 'requests.bpf' });
  const request = object && toRequest(object, { with: more });
  if (!request?.ok) throw new Error(JSON.stringify(problems));
  return request.value;
}

const PACKET = '02'.repeat(60);

export const REQUESTS: readonly LoadRequest[] = [
  { name: 'pass', prog_type: 'xdp', insns: 'b700000002000000 9500000000000000', test_run: { data: PACKET } },
  { name: 'no R0', prog_type: 'xdp', insns: '9500000000000000', test_run: { data: PACKET } },
  assembled(COUNT, { test_run: [{ data: PACKET }, { data: PACKET, repeat: 3 }], dump_maps: true }),
  {
    name: 'two',
    prog_type: 'sched_cls',
    progs: [
      { name: 'good', insns: 'b700000001000000 9500000000000000' },
      { name: 'bad', insns: '6110001000000000 9500000000000000' },
    ],
    test_run: [
      { prog: 0, data: PACKET },
      { prog: 1, data: PACKET },
    ],
  },
  {
    name: 'no map',
    prog_type: 'xdp',
    insns: 'b700000002000000 9500000000000000',
    maps: [{ name: 'm', type: 'hash', key_size: 4, value_size: 4, max_entries: 0 }],
  },
  { name: 'level 2', prog_type: 'sched_cls', log_level: 2, insns: 'b700000001000000 9500000000000000' },
];

const FIELDS = ['name', 'verdict', 'stage', 'errno', 'log'] as const;

/** What must be equal in two answers. */
export function comparable(result: LoadResult): unknown {
  const pick = (r: ProgResult): unknown =>
    Object.fromEntries(FIELDS.flatMap((f) => (r[f] === undefined || r[f] === '' ? [] : [[f, r[f]]])));
  const runs = result.test_run?.map(({ prog, errno, retval, data_out, maps }) => ({
    prog,
    errno,
    retval,
    data_out,
    maps,
  }));
  return { ...(pick(result) as object), ...(result.progs && { progs: result.progs.map(pick) }), ...(runs && { runs }) };
}
