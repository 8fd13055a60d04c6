/** Subprograms: calls, arguments by BTF, loops. */
import { m, type VerifierMessage } from './row.ts';

export const subprogMessages = {
  'global-call-lock': m(
    'EINVAL',
    'global function calls are not allowed while holding a lock,\nuse static function instead',
  ),
  'global-call-preempt': m(
    'EINVAL',
    'global function calls are not allowed with preemption disabled,\nuse static function instead',
  ),
  'global-call-args': m('EINVAL', "Caller passes invalid args into func#{n} ('{name}')"),
  'global-needs-btf': m('EFAULT', 'Global functions need valid BTF'),
  'global-args': m('EINVAL', 'Global function {name}() with {n} > {max} args. Buggy compiler.'),
  'global-return': m('EINVAL', "Global function {name}() doesn't return scalar. Only those are supported."),
  'arg-static-tag': m('EOPNOTSUPP', 'arg#{i} type tag is not supported in static functions'),
  'arg-unknown-tags': m('EOPNOTSUPP', 'arg#{i} has unsupported set of tags'),
  'arg-tags': m('EINVAL', 'arg#{i} has invalid combination of tags'),
  'arg-not-pointer': m('EINVAL', 'arg#{i} has pointer tag, but is not a pointer type'),
  'arg-unsupported': m('EINVAL', 'Arg#{i} type {type} in {name}() is not supported yet.'),
  'arg-size-unknown': m('EINVAL', "arg#{i} reference type('{type} {name}') size cannot be determined: {err}"),
  'arg-not-scalar': m('EINVAL', 'R{r} is not a scalar'),
  'arg-not-ctx': m('EINVAL', 'arg#{i} expects pointer to ctx'),
  'arg-non-null': m('EINVAL', 'arg#{i} is expected to be non-NULL'),
  'may-goto-imm': m('EINVAL', 'invalid may_goto imm {imm}'),
} as const satisfies Readonly<Record<string, VerifierMessage>>;
