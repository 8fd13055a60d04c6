/** What bpf(BPF_PROG_LOAD) refuses before the verifier has a log to write to. */
import { attachTypeName, attachTypeRow } from '../spec/attachTypes.ts';
import { ERRNO } from '../spec/errno.ts';
import { type ProgTypeRow, progTypeName, progTypeRow } from '../spec/progTypes.ts';
import type { ProgRequest } from '../spec/request.ts';

const { EINVAL, E2BIG, EOPNOTSUPP } = ERRNO;

/** BPF_F_* flags of BPF_PROG_LOAD. */
export const PROG_FLAGS = {
  strict_alignment: 1,
  any_alignment: 2,
  test_rnd_hi32: 4,
  test_state_freq: 8,
  sleepable: 16,
  xdp_has_frags: 32,
  xdp_dev_bound_only: 64,
  test_reg_invariants: 128,
} as const;

const ALL_FLAGS = Object.values(PROG_FLAGS).reduce((sum: number, flag) => sum | flag, 0);
const MAX_INSNS = 1_000_000;
const MAX_TYPE = 0xfffff;
/** Levels 1 and 2, statistics, and BPF_LOG_FIXED. */
const LOG_MASK = 15;
const MAX_LOG = 0xffffffff >>> 2;
const LOOPBACK = 1;
const NAME_LENGTH = 15;

/** The flags as the number that bpf(2) gets. */
export function progFlags(flags: ProgRequest['prog_flags']): number {
  if (typeof flags === 'number' || flags === undefined) return flags ?? 0;
  return flags.reduce((sum, name) => sum | PROG_FLAGS[name], 0);
}

/** Attach types that programs which name none are taken to have. @kernel bpf_prog_load_fixup_attach_type */
const DEFAULT_ATTACH: Readonly<Record<string, string>> = {
  cgroup_sock: 'cgroup_inet_sock_create',
  sk_reuseport: 'sk_reuseport_select',
};
/** Prog types whose programs have no attach type at all. */
const NO_ATTACH: ReadonlySet<string> = new Set(['syscall', 'ext']);
/** Prog types that may name a type of BTF to attach to, and another program. */
const BY_BTF: ReadonlySet<string> = new Set(['tracing', 'lsm', 'struct_ops', 'ext']);
const BY_PROG: ReadonlySet<string> = new Set(['tracing', 'ext']);

/** The number of expected_attach_type as the kernel takes it. */
export function expectedAttachType(request: ProgRequest, progType: string): number {
  const named = request.expected_attach_type;
  const id = named === undefined ? 0 : (attachTypeRow(named)?.id ?? Number(named));
  const fixed = DEFAULT_ATTACH[progType];
  return id === 0 && fixed !== undefined ? attachTypeRow(fixed)!.id : id;
}

/** @kernel bpf_prog_load_check_attach */
function checkAttach(request: ProgRequest, progType: string, row: ProgTypeRow | undefined): number {
  const btfId = request.attach_btf_id ?? 0;
  const named = request.attach_btf_name !== undefined && request.attach_btf_name !== '';
  if ((btfId !== 0 || named) && (btfId > MAX_TYPE || !BY_BTF.has(progType))) return EINVAL;
  if (request.attach_prog && !BY_PROG.has(progType)) return EINVAL;
  const attach = expectedAttachType(request, progType);
  if (NO_ATTACH.has(progType)) return attach === 0 ? 0 : EINVAL;
  if (!row?.attachTypeChecked) return 0;
  const name = attachTypeName(attach);
  return name !== undefined && row.attachTypes.includes(name) ? 0 : EINVAL;
}

/** Programs for one device; of the devices only the loopback is there, and it takes none. @kernel bpf_prog_dev_bound_init */
function checkDevice(request: ProgRequest, progType: string): number {
  const flags = progFlags(request.prog_flags);
  const { xdp_dev_bound_only: bound, xdp_has_frags: frags } = PROG_FLAGS;
  if (progType !== 'sched_cls' && progType !== 'xdp') return EINVAL;
  if ((flags & ~(bound | frags)) !== 0) return EINVAL;
  if ((flags & frags) !== 0 && (flags & bound) === 0) return EINVAL;
  if (progType === 'sched_cls' && (flags & bound) !== 0) return EINVAL;
  return request.prog_ifindex === LOOPBACK ? EOPNOTSUPP : EINVAL;
}

/** @kernel bpf_obj_name_cpy */
function isName(name: string): boolean {
  return /^[A-Za-z0-9_.]*$/.test(name.slice(0, NAME_LENGTH));
}

/** A buffer comes with every level but 0. @kernel bpf_verifier_log_attr_valid */
function isLog(level: number, size: number | undefined): boolean {
  if (level === 0) return true;
  return (level & ~LOG_MASK) === 0 && (size ?? 1) <= MAX_LOG;
}

/** The errno (positive) with which the load ends before the verifier, 0 when it does not. @kernel bpf_prog_load */
export function checkLoad(request: ProgRequest, insns: number, logLevel: number): number {
  if ((progFlags(request.prog_flags) & ~ALL_FLAGS) !== 0) return EINVAL;
  if (insns === 0 || insns > MAX_INSNS) return E2BIG;
  const row = progTypeRow(request.prog_type ?? 'socket_filter');
  const progType = (row && progTypeName(row.id)) ?? '';
  const attach = checkAttach(request, progType, row);
  if (attach !== 0) return attach;
  const device = request.prog_ifindex ? checkDevice(request, progType) : 0;
  if (device !== 0) return device;
  // Types without the option that they need are not there.
  if (!row || row.config !== undefined) return EINVAL;
  if (!isName(request.prog_name ?? '')) return EINVAL;
  return isLog(logLevel, request.log_size) ? 0 : EINVAL;
}
