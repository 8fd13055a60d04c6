/** `bpflab disasm`: bytes to text. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Dialect } from '../../isa/rows.ts';
import { mapTypeRow } from '../../spec/mapTypes.ts';
import type { LoadRequest, MapRequest, ProgRequest } from '../../spec/request.ts';
import { fromHex, toHex } from '../../util/hex.ts';
import { STATUS, unusable } from '../failure.ts';
import { readInput, tryText, writeOutput } from '../files.ts';
import { progNames, sniff } from '../input.ts';
import type { Io } from '../io.ts';
import { hexBytes } from '../options.ts';
import { pickProgram } from '../pick.ts';
import { listInsns, listingText } from '../print/listing.ts';
import { readRequests } from '../request.ts';
import type { Registration } from './command.ts';
import { examples, subcommand } from './command.ts';

const SYNTAXES: readonly Dialect[] = ['kernel', 'llvm', 'ubpf'];

interface DisasmOptions {
  readonly syntax: Dialect;
  readonly prog?: string;
  readonly output?: string;
  readonly json?: boolean;
}

export function disasmCommand({ io, finish }: Registration): Command {
  return subcommand('disasm', 'turn insns into text')
    .description('Prints insns as text that assembles to the same bytes again.')
    .argument('<input>', 'a file with raw insns, hex or a load request; hex itself; - for standard input')
    .addOption(new Option('-s, --syntax <syntax>', 'whose notation').choices(SYNTAXES).default('kernel'))
    .option('-p, --prog <name>', 'of a load request: only this program')
    .option('-o, --output <file>', 'write there instead of to standard output')
    .addHelpText(
      'after',
      examples(
        'bpflab disasm pass.bin',
        "bpflab disasm 'b7000000020000009500000000000000' --syntax llvm",
        'bpflab asm pass.bpf | bpflab disasm - --syntax ubpf',
      ),
    )
    .action((input: string, options: DisasmOptions) => {
      const request = requestOf(io, input);
      const text = options.json ? `${JSON.stringify(jsonOf(request, options))}\n` : textOf(request, options);
      if (options.output === undefined) io.out(text);
      else writeOutput(io, options.output, text);
      finish(STATUS.good);
    });
}

/** Hex on the command line has at least one insn; anything shorter is a file's name. */
function requestOf(io: Io, input: string): LoadRequest {
  if (/^\s*(0x)?([0-9a-fA-F]{2}[\s:]*){8,}$/i.test(input)) {
    const bytes = hexBytes(input, 'the argument');
    if (bytes.length % 8 !== 0) unusable('odd-bytecode', {}, { path: 'the argument', bytes: bytes.length });
    return { name: 'prog', insns: toHex(bytes) };
  }
  // What is neither a file nor whole insns was hardly meant as a file's name.
  if (/^(0x)?[0-9a-fA-F]{2,}$/.test(input) && tryText(io, input) === undefined) {
    unusable('odd-bytecode', {}, { path: 'the argument', bytes: hexBytes(input, 'the argument').length });
  }
  const bytes = readInput(io, input, 'give a file with raw insns, hex or a load request');
  const found = sniff(input, input === '-' ? withoutComments(bytes) : bytes);
  if (found.kind === 'bytecode') return { name: 'prog', insns: toHex(found.bytes) };
  if (found.kind === 'text')
    unusable('unknown-input', {}, { path: input, what: 'text', help: `bpflab asm ${input} assembles it` });
  const [first] = readRequests(input, found.text);
  if (!first) unusable('no-progs', {}, { path: input });
  return first;
}

/** `bpflab asm` heads the programs of a file with `#` lines when there are several. */
function withoutComments(bytes: Uint8Array): Uint8Array {
  if (bytes.includes(0)) return bytes;
  return new TextEncoder().encode(new TextDecoder().decode(bytes).replace(/^#.*$/gm, ''));
}

interface Chosen {
  readonly name: string;
  readonly prog: ProgRequest;
  readonly bytes: Uint8Array;
}

function chosen(request: LoadRequest, options: DisasmOptions): Chosen[] {
  const names = progNames(request);
  const only = options.prog === undefined ? undefined : pickProgram(names, options.prog);
  const list: readonly ProgRequest[] = request.progs ?? [request];
  return list.flatMap((prog, i) => {
    if (only !== undefined && only !== i) return [];
    const name = names[i]!;
    const bytes = fromHex(typeof prog.insns === 'string' ? prog.insns : (prog.insns ?? []).join(''));
    if (!bytes) unusable('bad-hex', {}, { what: `program ${name}`, found: 'insns must be hex digits' });
    if (bytes.length % 8 !== 0) unusable('odd-bytecode', {}, { path: `program ${name}`, bytes: bytes.length });
    return [{ name, prog, bytes }];
  });
}

/** Which map a slot loads, by the request's relocations. */
function mapAt(request: LoadRequest, prog: ProgRequest): (slot: number) => string | undefined {
  const relocs = new Map(prog.map_relocs ?? []);
  return (slot) => {
    const index = relocs.get(slot);
    return index === undefined ? undefined : request.maps?.[index]?.name;
  };
}

function mapLine(map: MapRequest): string {
  const row = mapTypeRow(map.type);
  const type = Object.hasOwn(map, 'type') && row ? row.kernel : String(map.type);
  const flags = map.map_flags ? `, map_flags=0x${map.map_flags.toString(16)}` : '';
  return `.map ${map.name}, type=${type}, key=${map.key_size}, value=${map.value_size}, max_entries=${map.max_entries}${flags}\n`;
}

function textOf(request: LoadRequest, options: DisasmOptions): string {
  const list = chosen(request, options);
  const { syntax } = options;
  // Only this syntax has a name where the bytes have a relocation.
  const maps = syntax === 'llvm' ? (request.maps ?? []).filter((m) => m.name !== undefined).map(mapLine) : [];
  const texts = list.map(({ name, prog, bytes }) => {
    const listed = listInsns(bytes, { syntax, mapAt: mapAt(request, prog) });
    const type = prog.prog_type ?? request.prog_type;
    const head = list.length > 1 ? `# ${name}${type === undefined ? '' : ` (${type})`}\n` : '';
    return head + listingText(listed, syntax);
  });
  return [...maps, texts.join('\n')].join('');
}

function jsonOf(request: LoadRequest, options: DisasmOptions): unknown {
  return {
    ok: true,
    programs: chosen(request, options).map(({ name, prog, bytes }) => ({
      name,
      insns: listInsns(bytes, { syntax: options.syntax, mapAt: mapAt(request, prog) }).map(({ slot, insn, text }) => ({
        insn: slot,
        opcodes: { code: insn.code, dst_reg: insn.dst, src_reg: insn.src, off: insn.off, imm: insn.imm },
        disasm: text,
        ...(insn.defect && { defect: insn.defect }),
      })),
    })),
  };
}
