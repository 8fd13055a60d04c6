/** Kernel objects by BTF, attach targets. */
import { m, type VerifierMessage } from './row.ts';

export const btfMessages = {
  'buffer-negative': m('EACCES', 'R{r} invalid {what} buffer access: off={off}, size={size}'),
  'buffer-variable': m('EACCES', 'R{r} invalid variable buffer offset: off={off}, var_off={tnum}'),
} as const satisfies Readonly<Record<string, VerifierMessage>>;
