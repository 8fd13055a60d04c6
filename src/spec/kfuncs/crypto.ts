/** Symmetric ciphers. */

import type { KfuncTable } from './row.ts';

export const cryptoKfuncs = {
  bpf_crypto_ctx_create: { flags: ['KF_ACQUIRE', 'KF_RET_NULL', 'KF_SLEEPABLE'], hooks: ['syscall'], since: '6.10' },
  bpf_crypto_ctx_acquire: { flags: ['KF_ACQUIRE', 'KF_RET_NULL', 'KF_RCU'], hooks: ['syscall'], since: '6.10' },
  bpf_crypto_ctx_release: { flags: ['KF_RELEASE'], hooks: ['syscall'], since: '6.10' },
  bpf_crypto_decrypt: { flags: ['KF_RCU'], hooks: ['tc', 'sched_act', 'xdp'], since: '6.10' },
  bpf_crypto_encrypt: { flags: ['KF_RCU'], hooks: ['tc', 'sched_act', 'xdp'], since: '6.10' },
} as const satisfies KfuncTable;
