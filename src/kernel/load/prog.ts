/** Programs of a load request: bytes to something that runs. */

import { BTF_KINDS } from '../../btf/kinds.ts';
import { parseBtf } from '../../btf/parse.ts';
import { KFUNCS_NOT_SIMULATED } from '../../helpers/kfuncs/index.ts';
import { decodeProgram } from '../../isa/codec.ts';
import type { Insn } from '../../isa/insn.ts';
import { SLOT } from '../../isa/insn.ts';
import { MAP } from '../../maps/object.ts';
import type { ProgArrayOwner } from '../../maps/progArray.ts';
import { progArrayCompatible } from '../../maps/progArray.ts';
import { PERM_NONE } from '../../mem/arena.ts';
import { iterArgs } from '../../spec/attach/iterators.ts';
import { ATTACH_TYPES, attachTypeRow } from '../../spec/attachTypes.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { HELPERS } from '../../spec/helpers/index.ts';
import { MAP_TYPES } from '../../spec/mapTypes.ts';
import { progTypeName, progTypeRow } from '../../spec/progTypes.ts';
import type { BtfReloc, ProgRequest } from '../../spec/request.ts';
import { fromHex } from '../../util/hex.ts';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import { kfuncIndex } from '../../vm/kfuncs.ts';
import { lower, type ResolveImm64 } from '../../vm/lower.ts';
import type { KernelCore } from '../core.ts';
import { holdMap } from '../lifetime.ts';
import { kernelProblem } from '../messages.ts';
import type { MapRecord, ProgRecord } from '../world.ts';
import { hexField } from './maps.ts';

/** Insns that a program may have (BPF_COMPLEXITY_LIMIT_INSNS). */
const MAX_INSNS = 1_000_000;

/**
 * Which map each ld_imm64 means, by slot: the request's map_relocs or, without them, every ld_imm64 of a map whose
 * imm counts one; fd_array forms count the request's maps.
 */
function mapOfSlot(
  request: ProgRequest,
  maps: readonly MapRecord[],
): (slot: number, insn: Insn) => MapRecord | undefined {
  const relocs = request.map_relocs && new Map(request.map_relocs);
  return (slot, insn) => {
    const pseudo = insn.row?.kind === 'ld_imm64' ? insn.row.pseudo : undefined;
    if (pseudo === 'map_idx' || pseudo === 'map_idx_value') return maps[insn.imm];
    const index = relocs ? relocs.get(slot) : insn.imm;
    return index === undefined ? undefined : maps[index];
  };
}

/** Resolves 64-bit immediates; `used` collects the maps that the program names. */
function resolver(
  kernel: KernelCore,
  request: ProgRequest,
  maps: readonly MapRecord[],
  used: Set<MapRecord>,
): ResolveImm64 {
  const mapOf = mapOfSlot(request, maps);
  return (slot, insn) => {
    if (insn.row?.kind !== 'ld_imm64') return undefined;
    switch (insn.row.pseudo) {
      case 'value':
        return [insn.imm, insn.next?.imm ?? 0];
      case 'map_fd':
      case 'map_idx': {
        const map = mapOf(slot, insn);
        if (map) used.add(map);
        return map && [map.address | 0, 0];
      }
      case 'map_value':
      case 'map_idx_value': {
        const map = mapOf(slot, insn);
        if (map) used.add(map);
        return map && [(kernel.arena.getU32(map.address + MAP.values) + (insn.next?.imm ?? 0)) | 0, 0];
      }
      default:
        return undefined;
    }
  };
}

/** Bytes of the structs of a blob by type id; none when it is no BTF, which bpf(2) would refuse. */
function structSizes(hex: string): ReadonlyMap<number, number> {
  const blob = fromHex(hex);
  const btf = blob && parseBtf(blob);
  const sizes = new Map<number, number>();
  for (const [id, t] of (btf?.ok ? btf.value.types : []).entries()) if (t?.kind === 'struct') sizes.set(id, t.size);
  return sizes;
}

/** Is the name that of a function, not of a variable? */
function isFunc({ kind }: BtfReloc): boolean {
  return kind === 'func' || kind === BTF_KINDS.func;
}

/** Was the program loaded with BPF_F_XDP_HAS_FRAGS? */
function hasFrags(flags: ProgRequest['prog_flags']): boolean {
  return typeof flags === 'number' ? (flags & UAPI.BPF_F_XDP_HAS_FRAGS) !== 0 : (flags ?? []).includes('xdp_has_frags');
}

/** Where the context of an iterator holds keys and values. */
function iterBuffers({ expected_attach_type, attach_btf_name }: ProgRequest): readonly number[] {
  if (attachTypeRow(expected_attach_type ?? 0)?.id !== ATTACH_TYPES.trace_iter.id) return [];
  const args = iterArgs(attach_btf_name ?? '') ?? [];
  return args.filter(({ struct }) => struct === undefined).map(({ offset }) => offset);
}

/** Loads one program over the maps of its request. There is no verifier here: what it would refuse faults when run. */
export function loadProg(
  kernel: KernelCore,
  request: ProgRequest,
  index: number,
  maps: readonly MapRecord[],
): Result<ProgRecord> {
  const name = request.prog_name ?? request.name ?? `prog${index}`;
  const type = request.prog_type ?? 'xdp';
  const row = progTypeRow(type);
  if (!row) return fail(kernelProblem('prog-type', {}, { name, type }));
  const bytes = hexField(request.insns, `program ${name}, insns`);
  if (!bytes.ok) return bytes;
  const count = bytes.value.length / SLOT;
  if (count === 0) return fail(kernelProblem('prog-empty', {}, { name }));
  if (count % 1 !== 0) return fail(kernelProblem('prog-size', {}, { name, bytes: bytes.value.length }));
  if (count > MAX_INSNS) return fail(kernelProblem('prog-too-long', {}, { name, count, limit: MAX_INSNS }));
  const ksym = request.btf_relocs?.find((r) => !r.optional && !(isFunc(r) && kfuncIndex(r.name) >= 0));
  if (ksym) {
    const unknown = isFunc(ksym) && !KFUNCS_NOT_SIMULATED.includes(ksym.name);
    return fail(kernelProblem(unknown ? 'kfunc-unknown' : 'kfunc', {}, { name, insn: ksym.insn, ksym: ksym.name }));
  }
  const kfuncs = new Map(request.btf_relocs?.map((r) => [r.insn, kfuncIndex(r.name)]));
  const id = kernel.world.nextId;
  const text = kernel.arena.alloc({ kind: 'text', size: bytes.value.length, perm: PERM_NONE, owner: id });
  if (!text.ok) return text;
  kernel.arena.put(text.value, bytes.value);
  const used = new Set<MapRecord>();
  const executable = lower({
    id,
    name,
    progType: progTypeName(row.id) ?? name,
    ctxStruct: row.ctx,
    text: text.value,
    insns: decodeProgram(bytes.value),
    resolve: resolver(kernel, request, maps, used),
    ctxBuffers: iterBuffers(request),
    kfunc: (slot) => kfuncs.get(slot),
    ...(kfuncs.size > 0 && request.btf !== undefined && { localTypes: structSizes(request.btf) }),
    tailCallHelper: HELPERS.bpf_tail_call.id,
  });
  const owner: ProgArrayOwner = { progType: row.id, jited: true, xdpHasFrags: hasFrags(request.prog_flags) };
  const strange = [...used].find(
    (map) => map.type === MAP_TYPES.prog_array.id && !progArrayCompatible(kernel.maps, map.address, owner),
  );
  if (strange) {
    kernel.arena.free(text.value);
    return fail(kernelProblem('prog-array', {}, { name, map: strange.name, errno: ERRNO.EINVAL }));
  }
  const record: ProgRecord = {
    id,
    name,
    executable,
    owner,
    attachType: attachTypeRow(request.expected_attach_type ?? 0)?.id ?? 0,
    devBound: (request.prog_ifindex ?? 0) !== 0,
    attachBtfName: request.attach_btf_name,
    maps: [...used].map((map) => map.id),
  };
  for (const map of used) holdMap(kernel, map);
  kernel.world = { ...kernel.world, nextId: id + 1, progs: [...kernel.world.progs, record] };
  return ok(record);
}
