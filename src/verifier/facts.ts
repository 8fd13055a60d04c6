/** What a load request says of the program, and what bpf(2) refuses before the verifier begins. */
import { attachTypeName, attachTypeRow } from '../spec/attachTypes.ts';
import type { KernelProfile } from '../spec/profiles.ts';
import { DEFAULT_KERNEL, kernelProfile } from '../spec/profiles.ts';
import { progTypeName, progTypeRow } from '../spec/progTypes.ts';
import type { ProgRequest } from '../spec/request.ts';
import type { RuleName } from '../spec/rules.ts';
import type { ProgFacts } from './env.ts';

const FLAGS = {
  strict_alignment: 1,
  any_alignment: 2,
  test_rnd_hi32: 4,
  test_state_freq: 8,
  sleepable: 16,
  xdp_has_frags: 32,
  xdp_dev_bound_only: 64,
  test_reg_invariants: 128,
} as const;

const GPL: ReadonlySet<string> = new Set([
  'GPL',
  'GPL v2',
  'GPL and additional rights',
  'Dual BSD/GPL',
  'Dual MIT/GPL',
  'Dual MPL/GPL',
]);

/** The flags as the number that bpf(2) gets. */
function progFlags(flags: ProgRequest['prog_flags']): number {
  if (typeof flags === 'number' || flags === undefined) return flags ?? 0;
  return flags.reduce((sum, name) => sum | FLAGS[name], 0);
}

const NO_RULES: ReadonlySet<RuleName> = new Set();

/** What a verification is asked beside its request. */
interface Asked {
  readonly kernel?: KernelProfile;
  readonly allow?: ReadonlySet<RuleName>;
}

/** Facts of a program; undefined when the prog type is unknown. */
export function progFacts(request: ProgRequest, asked: Asked = {}): ProgFacts | undefined {
  const row = progTypeRow(request.prog_type ?? 'xdp');
  const progType = row && progTypeName(row.id);
  if (!row || !progType) return undefined;
  const attach = request.expected_attach_type;
  const attachRow = attach === undefined ? undefined : attachTypeRow(attach);
  const attachType = attachRow && attachTypeName(attachRow.id);
  const flags = progFlags(request.prog_flags);
  const has = (name: keyof typeof FLAGS): boolean => (flags & FLAGS[name]) !== 0;
  const sleepable = has('sleepable');
  const named = attachType !== undefined && row.attachTypes.includes(attachType) ? attachType : undefined;
  return {
    caller: { progType, sleepable, ...(named !== undefined && { attachType: named }) },
    progType,
    attachType: named,
    ctx: row.ctx,
    gpl: GPL.has(request.license ?? 'GPL'),
    strictAlignment: has('strict_alignment') && !has('any_alignment'),
    anyAlignment: has('any_alignment'),
    testStateFreq: has('test_state_freq'),
    testRegInvariants: has('test_reg_invariants'),
    sleepable,
    kernel: asked.kernel ?? kernelProfile(DEFAULT_KERNEL),
    allow: asked.allow ?? NO_RULES,
  };
}
