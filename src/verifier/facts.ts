/** What a load request says of the program. */
import { attachTypeName } from '../spec/attachTypes.ts';
import type { KernelProfile } from '../spec/profiles.ts';
import { DEFAULT_KERNEL, kernelProfile } from '../spec/profiles.ts';
import { progTypeName, progTypeRow } from '../spec/progTypes.ts';
import type { ProgRequest } from '../spec/request.ts';
import type { RuleName } from '../spec/rules.ts';
import type { ProgFacts } from './env.ts';
import { expectedAttachType, PROG_FLAGS, progFlags } from './load.ts';

const GPL: ReadonlySet<string> = new Set([
  'GPL',
  'GPL v2',
  'GPL and additional rights',
  'Dual BSD/GPL',
  'Dual MIT/GPL',
  'Dual MPL/GPL',
]);

const NO_RULES: ReadonlySet<RuleName> = new Set();

/** What a verification is asked beside its request. */
interface Asked {
  readonly kernel?: KernelProfile;
  readonly allow?: ReadonlySet<RuleName>;
}

/** Facts of a program; undefined when the prog type is unknown. */
export function progFacts(request: ProgRequest, asked: Asked = {}): ProgFacts | undefined {
  const row = progTypeRow(request.prog_type ?? 'socket_filter');
  const progType = row && progTypeName(row.id);
  if (!row || !progType) return undefined;
  const attachType = attachTypeName(expectedAttachType(request, progType));
  const flags = progFlags(request.prog_flags);
  const has = (name: keyof typeof PROG_FLAGS): boolean => (flags & PROG_FLAGS[name]) !== 0;
  const sleepable = has('sleepable');
  const named = attachType !== undefined && row.attachTypes.includes(attachType) ? attachType : undefined;
  return {
    caller: { progType, sleepable, ...(named !== undefined && { attachType: named }) },
    progType,
    attachType: named,
    loadAttachType: attachType,
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
