/** Registers and events of tracing programs (x86-64). */

import type { CtxTable } from './row.ts';

export const traceCtx = {
  bpf_user_pt_regs_t: {
    size: 168,
    fields: {
      r15: { offset: 0, size: 8, type: 'u64' },
      r14: { offset: 8, size: 8, type: 'u64' },
      r13: { offset: 16, size: 8, type: 'u64' },
      r12: { offset: 24, size: 8, type: 'u64' },
      bp: { offset: 32, size: 8, type: 'u64' },
      bx: { offset: 40, size: 8, type: 'u64' },
      r11: { offset: 48, size: 8, type: 'u64' },
      r10: { offset: 56, size: 8, type: 'u64' },
      r9: { offset: 64, size: 8, type: 'u64' },
      r8: { offset: 72, size: 8, type: 'u64' },
      ax: { offset: 80, size: 8, type: 'u64' },
      cx: { offset: 88, size: 8, type: 'u64' },
      dx: { offset: 96, size: 8, type: 'u64' },
      si: { offset: 104, size: 8, type: 'u64' },
      di: { offset: 112, size: 8, type: 'u64' },
      orig_ax: { offset: 120, size: 8, type: 'u64' },
      ip: { offset: 128, size: 8, type: 'u64' },
      cs: { offset: 136, size: 2, type: 'u16' },
      csx: { offset: 136, size: 8, type: 'u64' },
      fred_cs: { offset: 136, size: 8, type: 'struct fred_cs' },
      flags: { offset: 144, size: 8, type: 'u64' },
      sp: { offset: 152, size: 8, type: 'u64' },
      ss: { offset: 160, size: 2, type: 'u16' },
      ssx: { offset: 160, size: 8, type: 'u64' },
      fred_ss: { offset: 160, size: 8, type: 'struct fred_ss' },
    },
  },
  bpf_perf_event_data: {
    size: 184,
    fields: {
      regs: { offset: 0, size: 168, type: 'struct pt_regs' },
      sample_period: { offset: 168, size: 8, type: 'u64' },
      addr: { offset: 176, size: 8, type: 'u64' },
    },
  },
  bpf_raw_tracepoint_args: {
    size: 0,
    fields: {
      args: { offset: 0, size: 8, count: 0, type: 'u64' },
    },
  },
} as const satisfies CtxTable;
