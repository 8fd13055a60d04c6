/** The FILE that commands take: `.bpf` text, a load request, raw insns as bytes or hex. Told apart by content. */
import { dirname, isAbsolute, join } from 'node:path';
import { assemble } from '../asm/assemble.ts';
import type { AsmObject } from '../asm/object.ts';
import { toRequest } from '../asm/request.ts';
import type { Position } from '../kernel/replay/replay.ts';
import type { LoadRequest, ProgRequest } from '../spec/request.ts';
import { fromHex, toHex } from '../util/hex.ts';
import { Failure, jsonError, need, unusable } from './failure.ts';
import { readInput, tryText } from './files.ts';
import type { Io } from './io.ts';

export interface InputOptions {
  readonly defines: Readonly<Record<string, bigint>>;
  /** Type of programs whose file names none. */
  readonly type?: string | undefined;
}

export interface Input {
  readonly path: string;
  readonly kind: 'text' | 'request' | 'bytecode';
  readonly request: LoadRequest;
  /** What the text was assembled to. */
  readonly object?: AsmObject;
  /** Where an insn was written. */
  position(prog: string, slot: number): Position | undefined;
}

const SLOT = 8;

function isText(bytes: Uint8Array): boolean {
  return !bytes.subarray(0, 4096).some((b) => b === 0 || (b < 0x20 && b !== 9 && b !== 10 && b !== 12 && b !== 13));
}

/** Names of a request's programs; those of loaded programs end after 15 characters. */
export function progNames(request: LoadRequest): string[] {
  const progs: readonly ProgRequest[] = request.progs ?? [request];
  return progs.map((p, i) => p.name ?? p.prog_name ?? `prog${i}`);
}

/** What a file holds, told by its first bytes. */
export type Sniffed =
  | { readonly kind: 'bytecode'; readonly bytes: Uint8Array }
  | { readonly kind: 'json' | 'text'; readonly text: string };

/** Tells a file's content; leaves the command for what is none of the three. */
export function sniff(path: string, bytes: Uint8Array): Sniffed {
  if (bytes.length === 0) unusable('empty', {}, { path });
  const magic = toHex(bytes.subarray(0, 4));
  if (magic === '7f454c46') unusable('elf', {}, { path });
  if (/^(d4c3b2a1|a1b2c3d4|4d3cb2a1|a1b23c4d|0a0d0d0a)$/.test(magic)) {
    unusable('unknown-input', {}, { path, what: 'a packet capture' });
  }
  if (!isText(bytes)) {
    if (bytes.length % SLOT !== 0) unusable('odd-bytecode', {}, { path, bytes: bytes.length });
    return { kind: 'bytecode', bytes };
  }
  const text = new TextDecoder().decode(bytes);
  if (/^\s*[{[]/.test(text)) return { kind: 'json', text };
  const hex = fromHex(text);
  if (hex && hex.length > 0) {
    if (hex.length % SLOT !== 0) unusable('odd-bytecode', {}, { path, bytes: hex.length });
    return { kind: 'bytecode', bytes: hex };
  }
  return { kind: 'text', text };
}

/** Load requests of a JSON file: one object, an array of them, or one on each line. */
export function readRequests(path: string, text: string): LoadRequest[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (whole) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (lines.length < 2) unusable('bad-json', {}, { path, why: jsonError(whole) });
    value = lines.map((line, i) => jsonLine(path, line, i));
  }
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => checkRequest(path, item));
}

function jsonLine(path: string, line: string, index: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    unusable('bad-json', {}, { path, why: `line ${index + 1}: ${jsonError(error)}` });
  }
}

/** The fields that the loader reads, by shape; everything deeper it checks itself. */
function checkRequest(path: string, item: unknown): LoadRequest {
  const bad = (why: string): never => unusable('bad-request', {}, { path, why });
  const isObject = (v: unknown): v is Record<string, unknown> =>
    typeof v === 'object' && v !== null && !Array.isArray(v);
  const isHex = (v: unknown) => typeof v === 'string' || (Array.isArray(v) && v.every((s) => typeof s === 'string'));
  if (!isObject(item)) return bad('an object is wanted');
  const progs = item.progs === undefined ? [item] : item.progs;
  if (!Array.isArray(progs) || !progs.every(isObject)) return bad('progs must be a list of programs');
  for (const prog of progs) {
    if (!isHex(prog.insns)) return bad('insns (hex) are missing');
    for (const field of ['name', 'prog_name', 'license', 'btf'] as const) {
      if (prog[field] !== undefined && typeof prog[field] !== 'string') return bad(`${field} must be a string`);
    }
    if (prog.prog_type !== undefined && typeof prog.prog_type !== 'string' && typeof prog.prog_type !== 'number') {
      return bad('prog_type must be a name or a number');
    }
    const pair = (v: unknown) => Array.isArray(v) && v.length === 2 && v.every((n) => Number.isInteger(n));
    if (prog.map_relocs !== undefined && !(Array.isArray(prog.map_relocs) && prog.map_relocs.every(pair))) {
      return bad('map_relocs must be a list of [insn, map]');
    }
  }
  if (item.maps !== undefined && !(Array.isArray(item.maps) && item.maps.every(isObject))) {
    return bad('maps must be a list of maps');
  }
  for (const map of (item.maps ?? []) as Record<string, unknown>[]) {
    for (const field of ['key_size', 'value_size', 'max_entries', 'map_flags', 'map_extra', 'inner_map'] as const) {
      const optional = field === 'map_flags' || field === 'map_extra' || field === 'inner_map';
      const v = map[field];
      if (v === undefined ? !optional : !Number.isInteger(v) || (v as number) < 0) {
        return bad(`map ${String(map.name ?? '')}: ${field} must be a number`);
      }
    }
    if (map.name !== undefined && typeof map.name !== 'string') return bad('the name of a map must be a string');
    if (map.btf !== undefined && typeof map.btf !== 'string') return bad('btf must be hex');
    const { updates } = map;
    if (updates === undefined) continue;
    if (!Array.isArray(updates) || !updates.every((u) => isObject(u) && typeof u.key === 'string')) {
      return bad(`map ${String(map.name ?? '')}: updates must be a list of elements with a key (hex)`);
    }
  }
  return item as LoadRequest;
}

/** Assembles a text; includes are read beside the file that asks for them. */
export function assembleText(io: Io, path: string, text: string, options: InputOptions): AsmObject {
  const assembled = assemble(text, {
    file: path === '-' ? '<stdin>' : path,
    defines: options.defines,
    readFile: (name, from) => tryText(io, isAbsolute(name) ? name : join(dirname(from), name)),
  });
  if (!assembled.object) throw new Failure(assembled.problems);
  return assembled.object;
}

/** The request of an object; programs outside of any section are of `type`, or XDP programs. */
export function objectRequest(object: AsmObject, type: string | undefined): LoadRequest {
  const bare = object.programs.every((p) => p.section === '.text');
  const progType = type ?? (bare ? 'xdp' : undefined);
  return need(toRequest(object, progType === undefined ? {} : { progType }));
}

/** Reads and understands FILE. */
export function readProgramFile(io: Io, path: string, options: InputOptions): Input {
  const bytes = readInput(io, path, 'give a .bpf file, a load request or raw insns');
  const found = sniff(path, bytes);
  if (found.kind === 'bytecode') {
    const request = { name: 'prog', prog_type: options.type ?? 'xdp', insns: toHex(found.bytes) };
    return { path, kind: 'bytecode', request, position: () => undefined };
  }
  if (found.kind === 'json') {
    const [first] = readRequests(path, found.text);
    if (!first) unusable('no-progs', {}, { path });
    const request: LoadRequest = options.type === undefined ? first : withType(first, options.type);
    return { path, kind: 'request', request, position: () => undefined };
  }
  const object = assembleText(io, path, found.text, options);
  const request = objectRequest(object, options.type);
  const lines = new Map<string, readonly string[]>();
  const lineOf = (file: string, line: number): string | undefined => {
    const known = lines.get(file) ?? (file === path ? found.text : (tryText(io, file) ?? '')).split(/\r\n|\n|\r/);
    lines.set(file, known);
    return known[line - 1];
  };
  const loaded = (request.progs ?? [request]).map((p: ProgRequest) => p.prog_name);
  return {
    path,
    kind: 'text',
    request,
    object,
    position: (prog, slot) => {
      const pos = object.programs[loaded.indexOf(prog)]?.positions[slot];
      const line = pos && lineOf(pos.file, pos.line);
      return pos && { pos, ...(line !== undefined && { text: line }) };
    },
  };
}

function withType(request: LoadRequest, type: string): LoadRequest {
  const progs = request.progs?.map((p): ProgRequest => ({ ...p, prog_type: type }));
  return { ...request, prog_type: type, ...(progs && { progs }) };
}
