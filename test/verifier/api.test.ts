import { describe, expect, test } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import type { AsmObject } from '../../src/asm/object.ts';
import type { RuleName } from '../../src/spec/rules.ts';
import { RULES } from '../../src/spec/rules.ts';
import type { VerifyOptions } from '../../src/verifier/api.ts';
import { verify, verifyAsync, verifyJobs } from '../../src/verifier/api.ts';
import type { Verification } from '../../src/verifier/result.ts';

function object(text: string): AsmObject {
  const { object: made, problems } = assemble(text, { file: 'api.bpf' });
  if (!made) throw new Error(JSON.stringify(problems));
  return made;
}

function verdict(text: string, options: VerifyOptions = {}): Verification {
  const done = verify(object(text), options);
  if (!done.ok) throw new Error(JSON.stringify(done.problems));
  return done.value[0]!.verification;
}

const COUNTER = (end: number): string =>
  `.section "xdp"\n.globl loop\nloop: r1 = 0\nagain: r1 += 1\nif r1 < ${end} goto again\nr0 = 2\nexit\n`;
const TUPLE =
  '*(u64 *)(r10 - 8) = 0\n*(u32 *)(r10 - 12) = 0\nr2 = r10\nr2 += -12\nr3 = 12\nr4 = 0\nr5 = 0\ncall bpf_sk_lookup_tcp\n';

/** Programs that break one rule each. */
const BROKEN: Readonly<Partial<Record<RuleName, string>>> = {
  'helper-for-prog-type': '.section "xdp"\n.globl p\np: call bpf_get_cgroup_classid\nr0 = 0\nexit',
  'gpl-only-helpers':
    '.section "license"\n.asciz "MIT"\n.section "tc"\n.globl p\np: *(u64 *)(r10 - 8) = 0\nr1 = r10\nr1 += -8\nr2 = 8\ncall bpf_trace_printk\nr0 = 0\nexit',
  'map-type-for-helper':
    '.map cells, type=array, key=4, value=8, max_entries=4\n.section "xdp"\n.globl p\np: r1 = cells ll\nr2 = 0\nr3 = 0\ncall bpf_redirect_map\nr0 = 2\nexit',
  'reference-leak': `.section "tc"\n.globl p\np: ${TUPLE}r0 = 0\nexit`,
  'sleeping-helpers':
    '.section "license"\n.asciz "GPL"\n.section "kprobe/x"\n.globl p\np: r1 = r10\nr1 += -8\nr2 = 8\nr3 = 0\ncall bpf_copy_from_user\nr0 = 0\nexit',
  'stack-limit':
    '.section "xdp"\n.globl p\np: *(u64 *)(r10 - 304) = 0\ncall f\nr0 = 2\nexit\n.section ".text"\nf: *(u64 *)(r10 - 304) = 0\nr0 = 0\nexit',
  'return-value-range': '.section "cgroup_skb/ingress"\n.globl p\np: r0 = 7\nexit',
};

describe('verify', () => {
  test('says errno, insn, reason and numbers', () => {
    const rejected = verdict('.section "xdp"\n.globl p\np: *(u64 *)(r10 - 16) = 0\nr0 = *(u32 *)(r1 + 4096)\nexit');
    expect(rejected).toMatchObject({
      verdict: 'reject',
      errno: 13,
      insn: 1,
      reason: { code: 'ctx-access', args: { off: 4096, size: 4 } },
      stats: { insns: 2, stack_depth: 16, total_states: 0, peak_states: 0, max_states_per_insn: 0, mark_read: 0 },
      lifted: [],
    });
    expect(rejected.log).toContain('invalid bpf_context access off=4096 size=4\nprocessed 2 insns');
    const structure = verdict('.section "xdp"\n.globl p\np: r0 = 0\nexit\nr0 = 1\nexit');
    expect(structure).toMatchObject({ verdict: 'reject', errno: 22, insn: 2, reason: { code: 'unreachable' } });
  });

  test('takes all programs of an object or a request, or one', () => {
    const two = '.section "xdp"\n.globl a\na: r0 = 2\nexit\n.globl b\nb: exit\n';
    const all = verify(object(two));
    expect(all.ok && all.value.map((p) => [p.name, p.size, p.verification.verdict])).toEqual([
      ['a', 2, 'accept'],
      ['b', 1, 'reject'],
    ]);
    const one = verify(object(two), { prog: 'b' });
    expect(one.ok && one.value.map((p) => p.name)).toEqual(['b']);
    const request = {
      prog_type: 'xdp',
      progs: [{ insns: '9500000000000000' }, { insns: 'b700000002000000 9500000000000000' }],
    };
    const named = verify(request);
    expect(named.ok && named.value.map((p) => [p.name, p.verification.verdict])).toEqual([
      ['prog0', 'reject'],
      ['prog1', 'accept'],
    ]);
  });

  test('says what is wrong with a request as problems', () => {
    const codes = (source: Parameters<typeof verify>[0], options?: VerifyOptions): unknown => {
      const done = verify(source, options);
      return done.ok || done.problems.map((p) => p.code);
    };
    expect(codes({ insns: 'xx' })).toEqual(['verify.bad-insns']);
    expect(codes({ insns: '9500000000000000' }, { prog: 'nope' })).toEqual(['verify.no-program']);
    const outer = { type: 'array_of_maps', key_size: 4, value_size: 4, max_entries: 1, inner_map: 0 };
    expect(codes({ insns: '9500000000000000', maps: [outer] })).toEqual(['verify.inner-map']);
  });

  test('refuses what bpf(2) refuses without a log', () => {
    const done = verify({ prog_type: 'xdp', insns: '' });
    expect(done.ok && done.value[0]!.verification).toMatchObject({ verdict: 'reject', errno: 7, log: '' });
  });

  test('of an older kernel says which helpers it lacks, and nothing else', () => {
    const call = (before: string): string =>
      `.section "xdp"\n.globl p\np: ${before}call bpf_get_current_pid_tgid\nout: r0 = 2\nexit`;
    expect(verdict(call('if r1 == 0 goto out\n')).verdict).toBe('accept');
    expect(verdict(call('if r1 == 0 goto out\n'), { kernel: '6.1' })).toMatchObject({
      verdict: 'reject',
      errno: 22,
      insn: 1,
      log: expect.stringContaining('unknown func bpf_get_current_pid_tgid#14\n'),
    });
    // The call is not reached there.
    expect(verdict(call('r0 = 0\nif r0 == 0 goto out\n'), { kernel: '6.1' })).toMatchObject({
      verdict: 'not_covered',
      what: expect.stringContaining('bpf_get_current_pid_tgid (insn 2)'),
    });
    expect(verdict('.section "xdp"\n.globl p\np: exit', { kernel: '6.1' }).verdict).toBe('not_covered');
    expect(verdict('.section "xdp"\n.globl p\np: r0 = 2\nexit', { kernel: '6.1' }).verdict).toBe('not_covered');
  });
});

describe('a lifted rule', () => {
  test.each(Object.entries(BROKEN) as [RuleName, string][])('%s no longer rejects, and is named', (rule, text) => {
    const before = verdict(text, { logLevel: 1 });
    expect(before.verdict).toBe('reject');
    expect(before.log).toContain(RULES[rule].says);
    const others = (Object.keys(RULES) as RuleName[]).filter((r) => r !== rule);
    expect(verdict(text, { allow: others, logLevel: 0 })).toMatchObject({ verdict: 'reject', lifted: [] });
    expect(verdict(text, { allow: [rule], logLevel: 0 })).toMatchObject({ verdict: 'accept', lifted: [rule] });
  });

  test('insn-limit lets the walk go beyond a million insns', () => {
    const body = 'r2 = 1\n'.repeat(10_000);
    const text = `.section "xdp"\n.globl p\np: r1 = 0\nagain: ${body}r1 += 1\nif r1 < 101 goto again\nr0 = 2\nexit`;
    const [before, after] = [[], ['insn-limit' as const]].map((allow) => verdict(text, { allow, logLevel: 0 }));
    expect(before).toMatchObject({ verdict: 'reject', errno: 7, insns: 1_000_001 });
    expect(after).toMatchObject({ verdict: 'accept', lifted: ['insn-limit'] });
    expect(after!.insns).toBeGreaterThan(1_010_000);
  });

  test('is not named where it does not matter', () => {
    const pass = '.section "xdp"\n.globl p\np: r0 = 2\nexit';
    expect(verdict(pass, { allow: Object.keys(RULES) as RuleName[] })).toMatchObject({ verdict: 'accept', lifted: [] });
  });
});

describe('long work', () => {
  test('is bounded by a limit of the caller', () => {
    expect(verdict(COUNTER(1000), { insnLimit: 100 })).toMatchObject({ verdict: 'not_covered', insns: 100 });
    expect(verdict(COUNTER(1000), { insnLimit: 100_000 }).verdict).toBe('accept');
  });

  test('ends the same whatever the slices', () => {
    const ends = [1, 7, 1000].map((budget) => {
      const jobs = verifyJobs(object(COUNTER(50)), { logLevel: 2 });
      if (!jobs.ok) throw new Error('no job');
      for (;;) {
        const done = jobs.value[0]!.advance(budget);
        if (done) return done.verification;
      }
    });
    expect(ends[0]!.verdict).toBe('accept');
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[2]).toEqual(ends[0]);
  });

  test('tells how far it is and ends when it is told to', async () => {
    const seen: number[] = [];
    const done = await verifyAsync(object(COUNTER(5000)), { slice: 1000, onProgress: (p) => seen.push(p.stats.insns) });
    expect(done.ok && done.value[0]!.verification.verdict).toBe('accept');
    expect(seen.length).toBeGreaterThan(5);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const stop = new AbortController();
    const stopped = verifyAsync(object(COUNTER(900_000)), {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
  });
});
