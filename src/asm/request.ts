/** An object as the load request that a loader would make of it. */
import type { LoadRequest, MapRequest, MapUpdate, ProgRequest } from '../spec/request.ts';
import { toHex } from '../util/hex.ts';
import type { Result } from '../util/problem.ts';
import { fail, ok } from '../util/problem.ts';
import { secDef } from './facts.ts';
import { asmProblem } from './messages.ts';
import type { AsmMap, AsmObject, AsmProgram } from './object.ts';

/** What the text of an object does not say. */
export interface RequestOptions {
  /** The program to load; all of the object's by default. */
  readonly prog?: string;
  /** Name of the request; the first program's by default. */
  readonly name?: string;
  /** Type of all programs, whatever their sections say: `xdp`. */
  readonly progType?: string;
  /** Fields to add or replace: `{ log_level: 2, test_run: { data: '…' } }`. */
  readonly with?: Partial<LoadRequest>;
}

/** Type, attach type, flags and attach target of a section's name. */
function attachment(section: string, progType: string | undefined): ProgRequest {
  const def = secDef(section);
  // A section of another type does not say how this one is attached.
  if (!def || (progType ?? def.row.progType) !== def.row.progType) return { prog_type: progType ?? 'socket_filter' };
  const { row, target } = def;
  const flags = row.flags ?? [];
  const attached = flags.includes('ATTACH_BTF') && target !== '';
  const progFlags = [
    ...(flags.includes('SLEEPABLE') ? (['sleepable'] as const) : []),
    ...(flags.includes('XDP_FRAGS') ? (['xdp_has_frags'] as const) : []),
  ];
  return {
    prog_type: row.progType,
    ...(row.attachType !== undefined && { expected_attach_type: row.attachType }),
    ...(attached && { attach_btf_name: target }),
    ...(progFlags.length > 0 && { prog_flags: progFlags }),
  };
}

/** Little-endian u32s as hex. */
function words(values: readonly number[]): string {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((v, i) => {
    view.setUint32(4 * i, v, true);
  });
  return toHex(bytes);
}

function typeInfo(object: AsmObject, program: AsmProgram): ProgRequest {
  if (object.btf.length === 0) return {};
  const typed = program.functions.every((f) => f.typeId !== 0);
  return {
    btf: toHex(object.btf),
    ...(typed && {
      func_info: words(program.functions.flatMap((f) => [f.slot, f.typeId])),
      func_info_rec_size: 8,
    }),
    ...(program.lineInfo.length > 0 && {
      line_info: words(
        program.lineInfo.flatMap((l) => [l.slot, l.fileNameOff, l.lineOff, (l.line << 10) | Math.min(l.col, 1023)]),
      ),
      line_info_rec_size: 16,
    }),
  };
}

function progRequest(
  object: AsmObject,
  program: AsmProgram,
  maps: readonly AsmMap[],
  options: RequestOptions,
): ProgRequest {
  const index = (name: string): number => maps.findIndex((m) => m.name === name);
  const mapRelocs = program.relocs.flatMap((r) => (r.kind === 'map' ? [[r.slot, index(r.map)] as const] : []));
  const btfRelocs = program.relocs.flatMap((r) =>
    r.kind === 'map'
      ? []
      : [{ insn: r.slot, name: r.name, kind: r.kind === 'kfunc' ? ('func' as const) : ('var' as const) }],
  );
  return {
    name: program.name,
    ...attachment(program.section, options.progType),
    license: object.license,
    prog_name: program.name.slice(0, 15).replace(/[^\w.]/g, '_'),
    ...(object.version !== 0 && { kern_version: object.version }),
    insns: toHex(program.bytes),
    map_relocs: mapRelocs,
    ...(btfRelocs.length > 0 && { btf_relocs: btfRelocs }),
    ...typeInfo(object, program),
  };
}

function mapRequest(object: AsmObject, map: AsmMap, maps: readonly AsmMap[], progs: readonly AsmProgram[]): MapRequest {
  const typed = map.btfKeyTypeId !== 0 || map.btfValueTypeId !== 0;
  const updates = map.values.flatMap(({ key, value }): MapUpdate[] => {
    if (value instanceof Uint8Array) return [{ key: toHex(key), value: toHex(value) }];
    if ('map' in value) return [{ key: toHex(key), value_map: maps.findIndex((m) => m.name === value.map) }];
    const prog = progs.findIndex((p) => p.name === value.program);
    return prog < 0 ? [] : [{ key: toHex(key), value_prog_index: prog }];
  });
  return {
    name: map.name,
    type: map.type,
    key_size: map.keySize,
    value_size: map.valueSize,
    max_entries: map.maxEntries,
    ...(map.mapFlags !== 0 && { map_flags: map.mapFlags }),
    ...(map.mapExtra !== undefined && { map_extra: Number(map.mapExtra) }),
    ...(map.inner !== undefined && { inner_map: maps.findIndex((m) => m.name === map.inner) }),
    ...(typed && {
      btf: toHex(object.btf),
      btf_key_type_id: map.btfKeyTypeId,
      btf_value_type_id: map.btfValueTypeId,
    }),
    ...(map.frozen && { freeze: true }),
    ...(map.pinning && { pinning: map.pinning }),
    ...(updates.length > 0 && { updates }),
  };
}

/** Inner maps before the maps that use them as their template. */
function inOrder(maps: readonly AsmMap[]): AsmMap[] {
  const templates = new Set(maps.map((m) => m.inner));
  return [...maps.filter((m) => templates.has(m.name)), ...maps.filter((m) => !templates.has(m.name))];
}

/** The request that loads an object's programs, or one of them, with all its maps. */
export function toRequest(object: AsmObject, options: RequestOptions = {}): Result<LoadRequest> {
  const progs = object.programs.filter((p) => options.prog === undefined || p.name === options.prog);
  const [first] = progs;
  if (!first) {
    const known = object.programs.map((p) => p.name).join(', ');
    return fail(asmProblem('no-such-program', {}, { name: options.prog ?? '', known }));
  }
  const maps = inOrder(object.maps);
  const mapRequests = maps.map((m) => mapRequest(object, m, maps, progs));
  const requests = progs.map((p) => progRequest(object, p, maps, options));
  const shared = { ...(mapRequests.length > 0 && { maps: mapRequests }), ...options.with };
  if (requests.length === 1)
    return ok({ ...requests[0]!, ...(options.name !== undefined && { name: options.name }), ...shared });
  const { prog_type, license } = requests[0]!;
  return ok({
    name: options.name ?? first.name,
    ...(prog_type !== undefined && { prog_type }),
    ...(license !== undefined && { license }),
    progs: requests,
    ...shared,
  });
}
