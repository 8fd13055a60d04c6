/**
 * Programs of types without BPF_PROG_TEST_RUN. The recorded rows are of a real kernel: the program was attached to the root
 * control group, `did` was done, and the program wrote every field of its context, in every width, into its map. The same
 * fields given to a run here must read the same.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CtxFields } from '../../src/index.ts';
import { ctxBytes, Kernel } from '../../src/index.ts';
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
