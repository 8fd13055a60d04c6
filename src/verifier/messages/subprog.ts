/** Subprograms: calls, arguments by BTF, loops. */
import { m, type VerifierMessage } from './row.ts';

export const subprogMessages = {
  'func-no-btf': m('EINVAL', 'missing btf func_info'),
  'func-not-static': m('EINVAL', 'callback function not static'),
  'global-call-lock': m(
    'EINVAL',
    'global function calls are not allowed while holding a lock,\nuse static function instead',
  ),
  'global-call-preempt': m(
    'EINVAL',
    'global function calls are not allowed with preemption disabled,\nuse static function instead',
  ),
  'global-call-args': m('EINVAL', "Caller passes invalid args into func#{n} ('{name}')"),
  'arg-not-scalar': m('EINVAL', 'R{r} is not a scalar'),
  'arg-not-ctx': m('EINVAL', 'arg#{i} expects pointer to ctx'),
  'arg-non-null': m('EINVAL', 'arg#{i} is expected to be non-NULL'),
  'may-goto-imm': m('EINVAL', 'invalid may_goto imm {imm}'),
} as const satisfies Readonly<Record<string, VerifierMessage>>;
