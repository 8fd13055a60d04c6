/**
 * Programs of types without BPF_PROG_TEST_RUN. The recorded rows are of a real kernel: the program was attached to the root
 * control group, `did` was done, and the program wrote every field of its context, in every width, into its map. The same
 * fields given to a run here must read the same.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CtxFields } from '../../src/index.ts';
import { assemble, ctxBytes, Kernel, toRequest } from '../../src/index.ts';
import { userLookup } from '../../src/maps/user.ts';
import { progTypeRow } from '../../src/spec/progTypes.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';

interface Recorded extends Pick<LoadRequest, 'insns' | 'map_relocs' | 'maps'> {
  readonly name: string;
  readonly did: string;
  readonly prog_type: string;
  readonly ctx: CtxFields;
  readonly data?: string;
  /** What the program wrote to its context, as the kernel then showed to user space. */
  readonly after?: CtxFields;
  /** The map's value, without the zeros at its end. */
  readonly value: string;
  readonly retval: number;
}

const recorded = JSON.parse(
  readFileSync(new URL('../recorded/kernel/local.json', import.meta.url), 'utf8'),
) as readonly Recorded[];

function newKernel(): Kernel {
  const kernel = Kernel.create();
  if (!kernel.ok) throw new Error('no kernel');
  return kernel.value;
}

function struct(progType: string, fields: CtxFields): Uint8Array {
  const bytes = ctxBytes(progTypeRow(progType)!.ctx, fields);
  if (!bytes.ok) throw new Error(JSON.stringify(bytes.problems));
  return bytes.value;
}

describe('contexts given field by field read as in the kernel', () => {
  for (const { name, did, prog_type, ctx, data, after, value, retval, ...rest } of recorded) {
    it(`${name}: ${did}`, () => {
      const kernel = newKernel();
      const { progs, maps } = kernel.load({ ...rest, prog_type, expected_attach_type: name });
      const input = { ctx: struct(prog_type, ctx), ...(data !== undefined && { data: fromHex(data)! }) };
      const status = kernel.localRun(progs[0]!, input).finish();
      if (status.state !== 'done') throw new Error(JSON.stringify(status));
      expect(status.output.retval).toBe(retval);
      const read = userLookup(kernel.maps, maps[0]!.address, new Uint8Array(4));
      expect(toHex(read as Uint8Array).replace(/(00)+$/, '')).toBe(value);
      if (after) expect(toHex(status.output.ctxOut!)).toBe(toHex(struct(prog_type, { ...ctx, ...after })));
      const before = kernel.arena.size;
      for (let i = 0; i < 50; i++) kernel.localRun(progs[0]!, input).finish();
      expect(kernel.arena.size).toBe(before);
    });
  }
});

describe('arguments of a traced function', () => {
  const source = `
.map out, type=array, key=4, value=32, max_entries=1
.section SECTION
main:
  r6 = r1
  *(u32 *)(r10 - 4) = 0
  r1 = out ll
  r2 = r10
  r2 += -4
  call bpf_map_lookup_elem
  r7 = r0
  r1 = r6
  call bpf_get_func_arg_cnt
  *(u64 *)(r7 + 0) = r0
  r1 = r6
  r2 = 1
  r3 = r7
  r3 += 8
  call bpf_get_func_arg
  r1 = r6
  r2 = 2
  r3 = r7
  r3 += 16
  call bpf_get_func_arg
  *(u64 *)(r7 + 16) = r0
  r1 = r6
  r2 = r7
  r2 += 24
  call bpf_get_func_ret
  exit
`;
  it.each([
    ['fexit/bpf_fentry_test2', 2, [2n, 11n, -22n, 12n], 0],
    ['fentry/bpf_fentry_test2', 3, [3n, 11n, 0n, 0n], -95],
  ])('%s', (section, args, values, retval) => {
    const { object } = assemble(source.replace('SECTION', section), { file: 'args.bpf' });
    const request = toRequest(object!);
    if (!request.ok) throw new Error(JSON.stringify(request.problems));
    const kernel = newKernel();
    const { progs, maps } = kernel.load(request.value);
    const ctx = new Uint8Array(BigUint64Array.of(10n, 11n, 12n).buffer);
    const status = kernel.localRun(progs[0]!, { ctx }).finish();
    if (status.state !== 'done') throw new Error(JSON.stringify(status));
    expect(status.output.retval | 0).toBe(retval);
    const read = userLookup(kernel.maps, maps[0]!.address, new Uint8Array(4)) as Uint8Array;
    expect([...new BigInt64Array(read.slice().buffer)]).toEqual(values);
    expect(args).toBe(Number(values[0]));
  });
});

it('what a program stores in the socket of its run goes with the socket', () => {
  const source = `
.map seen, type=sk_storage, value=u64
.section "sockops"
main:
  r2 = *(u64 *)(r1 + bpf_sock_ops.sk)
  r0 = 0
  if r2 == 0 goto out
  r1 = seen ll
  r3 = 0
  r4 = 1
  call bpf_sk_storage_get
  if r0 == 0 goto out
  r1 = *(u64 *)(r0 + 0)
  r1 += 1
  *(u64 *)(r0 + 0) = r1
  r0 = r1
out:
  exit
`;
  const { object } = assemble(source, { file: 'storage.bpf' });
  const request = toRequest(object!);
  if (!request.ok) throw new Error(JSON.stringify(request.problems));
  const kernel = newKernel();
  const { progs } = kernel.load(request.value);
  const retvals = [1, 2, 3].map(() => {
    const status = kernel.localRun(progs[0]!, { ctx: struct('sock_ops', { op: 1 }) }).finish();
    return status.state === 'done' ? status.output.retval : JSON.stringify(status);
  });
  expect(retvals).toEqual([1, 1, 1]);
});
