/** Programs that nobody verified: what helpers are not given is a fault that says so. */
import { expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { problemText } from '../../src/util/problem.ts';

/** A look-up with whatever is in R1; the tuple is in the stack. */
const LOOK = `
    r2 = r10
    r2 += -16
    r3 = 12
    r4 = -1
    r5 = 0
    call bpf_sk_lookup_udp
`;

/** The first look-up has the context in R1, the second the view of a socket. */
const SOURCE = `
.section "tc"
look:
    r6 = r1
    *(u64 *)(r10 - 16) = 0
    *(u64 *)(r10 - 8) = 0
${LOOK}    r1 = *(u64 *)(r6 + __sk_buff.sk)
${LOOK}    r0 = 0
    exit
`;

it('a socket is no context', () => {
  const made = Kernel.create();
  const { object } = assemble(SOURCE, { file: 'look.bpf' });
  const request = object && toRequest(object);
  if (!made.ok || !request?.ok) throw new Error('no program');
  const kernel = made.value;
  const { progs, problems } = kernel.load(request.value);
  expect(problems).toEqual([]);
  const status = kernel.testRun(progs[0]!, { data: new Uint8Array(64) }).finish();
  expect(status).toMatchObject({ state: 'fault' });
  expect(status.state === 'fault' && problemText(status.problem)).toMatch(
    /^helper bpf_sk_lookup_udp: R1 must point to the context, it holds 0x[0-9a-f]+$/,
  );
});
