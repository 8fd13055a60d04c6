/** `bpflab asm`: text to bytes, to C, or to a load request. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { AsmObject, AsmProgram } from '../../asm/object.ts';
import { toHex } from '../../util/hex.ts';
import { STATUS, unusable } from '../failure.ts';
import { readInput, writeOutput } from '../files.ts';
import { assembleText, objectRequest, progNames, sniff } from '../input.ts';
import { defines, several } from '../options.ts';
import { checkType, pickProgram } from '../pick.ts';
import type { Registration } from './command.ts';
import { examples, subcommand } from './command.ts';

const FORMATS = ['bin', 'hex', 'c', 'json'] as const;

interface AsmOptions {
  readonly output?: string;
  readonly format?: (typeof FORMATS)[number];
  readonly request?: boolean;
  readonly prog?: string;
  readonly type?: string;
  readonly define?: readonly string[];
  readonly json?: boolean;
}

export function asmCommand({ io, finish }: Registration): Command {
  return subcommand('asm', 'assemble .bpf text')
    .description('Assembles .bpf text and prints its programs, or the load request that a loader would make of it.')
    .argument('<file>', '.bpf text, - for standard input')
    .option('-o, --output <file>', 'write there instead of to standard output')
    .addOption(new Option('-f, --format <format>', 'how programs are written (default: hex)').choices(FORMATS))
    .option('-r, --request', 'print the load request (JSON) with all maps, BTF and line info')
    .option('-p, --prog <name>', 'only this program')
    .option('-t, --type <type>', 'prog type of programs outside of any section')
    .option('-D, --define <name=value>', 'define a number, as .equ does', several)
    .addHelpText(
      'after',
      examples(
        'bpflab asm pass.bpf',
        'bpflab asm programs/lb/tc.bpf --request -o tc.json',
        'bpflab asm pass.bpf --format bin -o pass.bin',
        "echo 'r0 = 2; exit' | bpflab asm - --format c",
      ),
    )
    .action((file: string, options: AsmOptions) => {
      checkType(options.type);
      const found = sniff(file, readInput(io, file, 'give a .bpf file'));
      if (found.kind !== 'text') {
        const what = found.kind === 'json' ? 'JSON, not assembly text' : 'raw insns, not assembly text';
        const help =
          found.kind === 'json' ? 'bpflab run and disasm take load requests' : 'bpflab disasm turns insns into text';
        unusable('unknown-input', {}, { path: file, what, help });
      }
      const object = assembleText(io, file, found.text, { defines: defines(options.define), type: options.type });
      const text = assembled(object, options);
      if (options.output === undefined) io.out(text);
      else writeOutput(io, options.output, text);
      finish(STATUS.good);
    });
}

function assembled(object: AsmObject, options: AsmOptions): string | Uint8Array {
  const request = objectRequest(object, options.type);
  if (options.request) return `${JSON.stringify(request)}\n`;
  const names = object.programs.map((p) => p.name);
  const only = options.prog === undefined ? undefined : names[pickProgram(names, options.prog)];
  const programs = object.programs.filter((p) => only === undefined || p.name === only);
  const format = options.json ? 'json' : (options.format ?? 'hex');
  switch (format) {
    case 'json':
      return `${JSON.stringify(jsonOf(object, programs, progNames(request)))}\n`;
    case 'bin': {
      if (programs.length > 1) {
        unusable('several-progs', {}, { count: names.length, names: names.join(', ') });
      }
      return programs[0]!.bytes;
    }
    case 'c':
      return programs.map(cOf).join('\n');
    case 'hex':
      return programs.map((p) => hexOf(p, programs.length > 1)).join('\n');
  }
}

function slots(program: AsmProgram): Uint8Array[] {
  return Array.from({ length: program.bytes.length / 8 }, (_, i) => program.bytes.subarray(8 * i, 8 * i + 8));
}

function hexOf(program: AsmProgram, named: boolean): string {
  const lines = slots(program).map((s) => `${toHex(s, ' ')}\n`);
  return (named ? `# ${program.name} (${program.section})\n` : '') + lines.join('');
}

/** An array of struct bpf_insn as C programs spell it out. */
function cOf(program: AsmProgram): string {
  const name = program.name.replace(/\W/g, '_');
  const rows = slots(program).map((s) => {
    const view = new DataView(s.buffer, s.byteOffset, 8);
    const code = `0x${s[0]!.toString(16).padStart(2, '0')}`;
    const imm = view.getInt32(4, true);
    // -2147483648 is not a literal in C.
    const immText = imm === -(2 ** 31) ? '(-2147483647 - 1)' : `${imm}`;
    return `\t{ ${code}, ${s[1]! & 15}, ${s[1]! >> 4}, ${view.getInt16(2, true)}, ${immText} },\n`;
  });
  return `/* code, dst_reg, src_reg, off, imm */\nstatic const struct bpf_insn ${name}[] = {\n${rows.join('')}};\n`;
}

function jsonOf(object: AsmObject, programs: readonly AsmProgram[], names: readonly string[]): unknown {
  return {
    ok: true,
    license: object.license,
    programs: programs.map((p) => ({
      name: names[object.programs.indexOf(p)] ?? p.name,
      section: p.section,
      insns: toHex(p.bytes),
      functions: p.functions.map(({ name, slot }) => ({ name, insn: slot })),
      relocs: p.relocs,
    })),
    maps: object.maps.map((m) => ({
      name: m.name,
      type: m.type,
      key_size: m.keySize,
      value_size: m.valueSize,
      max_entries: m.maxEntries,
      map_flags: m.mapFlags,
    })),
    btf: toHex(object.btf),
  };
}
