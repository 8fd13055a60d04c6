/** The FILE that commands take: `.bpf` text, a load request, raw insns as bytes or hex. Told apart by content. */
import { dirname, isAbsolute, join } from 'node:path';
import { assemble } from '../asm/assemble.ts';
import type { AsmObject } from '../asm/object.ts';
import { toRequest } from '../asm/request.ts';
import type { Position } from '../kernel/replay/result.ts';
import type { LoadRequest, ProgRequest } from '../spec/request.ts';
import { fromHex, toHex } from '../util/hex.ts';
import { suggest } from '../util/suggest.ts';
import { Failure, need, unusable } from './failure.ts';
import { readInput, tryText } from './files.ts';
import type { Io } from './io.ts';
import { requestPositions } from './lineInfo.ts';
import { readRequests } from './request.ts';

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
  /** Where an insn was written; `prog` is the name of the loaded program, or its index in the request. */
  position(prog: string | number, slot: number): Position | undefined;
  /** Text of the file or of one that it includes, by the name that positions give it. */
  fileText?(file: string): string | undefined;
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

/** Does it begin as pcap and pcapng files do? */
export function isCapture(bytes: Uint8Array): boolean {
  return /^(d4c3b2a1|a1b2c3d4|4d3cb2a1|a1b23c4d|0a0d0d0a)$/.test(toHex(bytes.subarray(0, 4)));
}

/** Tells a file's content; leaves the command for what is none of the three. */
export function sniff(path: string, bytes: Uint8Array): Sniffed {
  if (bytes.length === 0) unusable('empty', {}, { path });
  const magic = toHex(bytes.subarray(0, 4));
  if (magic === '7f454c46') unusable('elf', {}, { path });
  if (isCapture(bytes)) {
    unusable('unknown-input', {}, { path, what: 'a packet capture', help: 'bpflab run PROGRAM --pcap CAPTURE' });
  }
  if (!isText(bytes)) {
    if (bytes.length % SLOT !== 0) unusable('odd-bytecode', {}, { path, bytes: bytes.length });
    return { kind: 'bytecode', bytes };
  }
  const text = new TextDecoder().decode(bytes);
  if (/^\s*[{[]/.test(text)) return { kind: 'json', text };
  // tcpdump -ddd prints nothing but digits too: the assembler tells what that is.
  const hex = /^\s*\d+\s*\n\s*\d+ \d+ \d+ \d+\s*\n/.test(text) ? undefined : fromHex(text);
  if (hex && hex.length > 0) {
    if (hex.length % SLOT !== 0) unusable('odd-bytecode', {}, { path, bytes: hex.length });
    return { kind: 'bytecode', bytes: hex };
  }
  return { kind: 'text', text };
}

/** What places in the text are called by. */
function sourceName(path: string): string {
  return path === '-' ? '<stdin>' : path;
}

/** A define that no text mentions was probably misspelt; it may also be meant for another file. */
function noteUnused(io: Io, defines: readonly string[], texts: readonly string[]): void {
  if (defines.length === 0) return;
  const words = new Set(texts.flatMap((t) => t.match(/[A-Za-z_]\w*/g) ?? []));
  for (const name of defines.filter((d) => !words.has(d))) {
    const hint = suggest(name, words);
    io.err(
      `note: --define ${name}: the text has no such name${hint === undefined ? '' : `; did you mean '${hint}'?`}\n`,
    );
  }
}

/** Assembles a text; includes are read beside the file that asks for them. */
export function assembleText(io: Io, path: string, text: string, options: InputOptions): AsmObject {
  const texts = [text];
  const assembled = assemble(text, {
    file: sourceName(path),
    defines: options.defines,
    readFile: (name, from) => {
      const found = tryText(io, isAbsolute(name) ? name : join(dirname(from), name));
      if (found !== undefined) texts.push(found);
      return found;
    },
  });
  if (!assembled.object) throw new Failure(assembled.problems);
  noteUnused(io, Object.keys(options.defines), texts);
  return assembled.object;
}

/** The request of an object, all of `type` where it is given; programs outside of any section are XDP programs. */
export function objectRequest(object: AsmObject, type: string | undefined): LoadRequest {
  const bare = object.programs.every((p) => p.section === '.text');
  const progType = type ?? (bare ? 'xdp' : undefined);
  return need(toRequest(object, progType === undefined ? {} : { progType }));
}

/** Reads and understands FILE; of several requests in it the first. */
export function readProgramFile(io: Io, path: string, options: InputOptions): Input {
  return readProgramFiles(io, path, options)[0]!;
}

/** Everything in FILE: a JSON file may hold several requests. */
export function readProgramFiles(io: Io, path: string, options: InputOptions): readonly Input[] {
  const bytes = readInput(io, path, 'give a .bpf file, a load request or raw insns');
  const found = sniff(path, bytes);
  if (found.kind === 'bytecode') {
    const request = { name: 'prog', prog_type: options.type ?? 'xdp', insns: toHex(found.bytes) };
    return [{ path, kind: 'bytecode', request, position: () => undefined }];
  }
  if (found.kind === 'json') {
    const requests = readRequests(path, found.text);
    if (requests.length === 0) unusable('no-progs', {}, { path });
    return requests.map((one) => {
      const request = options.type === undefined ? one : withType(one, options.type);
      return { path, kind: 'request', request, position: requestPositions(request) };
    });
  }
  const object = assembleText(io, path, found.text, options);
  const request = objectRequest(object, options.type);
  const lines = new Map<string, readonly string[]>();
  const fileText = (file: string) => (file === sourceName(path) ? found.text : tryText(io, file));
  const lineOf = (file: string, line: number): string | undefined => {
    const known = lines.get(file) ?? (fileText(file) ?? '').split(/\r\n|\n|\r/);
    lines.set(file, known);
    return known[line - 1];
  };
  const loaded = (request.progs ?? [request]).map((p: ProgRequest) => p.prog_name);
  return [
    {
      path,
      kind: 'text',
      request,
      object,
      fileText,
      position: (prog, slot) => {
        const index = typeof prog === 'number' ? prog : loaded.indexOf(prog);
        const pos = object.programs[index]?.positions[slot];
        const line = pos && lineOf(pos.file, pos.line);
        return pos && { pos, ...(line !== undefined && { text: line }) };
      },
    },
  ];
}

function withType(request: LoadRequest, type: string): LoadRequest {
  const progs = request.progs?.map((p): ProgRequest => ({ ...p, prog_type: type }));
  return { ...request, prog_type: type, ...(progs && { progs }) };
}
