/** Lines of kernel logs, bpftool dumps and llvm-objdump, told apart from hand-written text. */

/** `12: (bf) r1 = r2 ; R1=ctx()`; also behind `from 3 to 5: ` in logs of old kernels. */
const INSN = /^\s*(\d{1,7}): \(([0-9a-f]{2})\) (?=\S)/;
/** `       0:	b7 00 00 00 00 00 00 00	r0 = 0x0` of llvm-objdump -d. */
const OBJDUMP = /^\s*[0-9a-f]+:\s+(?:[0-9a-f]{2} ){7}[0-9a-f]{2}(?: (?:[0-9a-f]{2} ){7}[0-9a-f]{2})?\s+(?=\S)/;
/** `0000000000000000 <xdp_prog>:` */
const OBJDUMP_SYMBOL = /^[0-9a-f]{16} <([^>]+)>:\s*$/;

const NOISE: readonly RegExp[] = [
  /^\s*;/, // source line
  /^\s*\d+: (?:R\d+|fp-?\d|frame\d+:|safe|refs=)/, // state
  /^\s*(?:R\d+(?:_\w+)?=|frame\d+:|from \d+ to \d+|func#\d|processed \d+ insns|verification time|stack depth|mark_precise|last_idx|regs=|parent |live regs)/,
  /^\s*(?:arg#\d|Func#\d|Validating |Global function|caller:|callee:|returning from callee|to caller at|propagating r|peak_states|BPF program is too large|math between|reg type unsupported)/,
  /^(?:-- (?:BEGIN|END) PROG LOAD LOG --|libbpf: |\s*0: R1=)/,
  /^\s*(?:[0-9a-f]{2} ){7}[0-9a-f]{2}\s*$/, // bpftool's opcodes
  /^\s*(?:[0-9a-f]{2} ){15}[0-9a-f]{2}\s*$/,
  /^\S.*\):\s*$/, // bpftool's function header
  /^\s*[^\s:]+:\s+file format elf64-bpf/,
  /^Disassembly of section /,
  /^\t\t[0-9a-f]{16}:\s+R_BPF_/,
  /^\(\d+ line\(s\) omitted\)/,
];

export type ListingLine =
  | { readonly kind: 'insn'; readonly index: number; readonly code: number; readonly from: number }
  | { readonly kind: 'objdump'; readonly from: number }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'noise' };

/** Whether a text holds lines of a log or a dump at all; only then are their other lines skipped. */
export function holdsListing(lines: readonly string[]): boolean {
  return lines.some((line) => INSN.test(line) || OBJDUMP.test(line));
}

/** What a line of a listing is; undefined for a line to read as hand-written text. */
export function listingLine(line: string): ListingLine | undefined {
  const insn = INSN.exec(line);
  if (insn) return { kind: 'insn', index: Number(insn[1]), code: Number.parseInt(insn[2]!, 16), from: insn[0].length };
  const dump = OBJDUMP.exec(line);
  if (dump) return { kind: 'objdump', from: dump[0].length };
  const symbol = OBJDUMP_SYMBOL.exec(line);
  if (symbol) return { kind: 'symbol', name: symbol[1]! };
  return NOISE.some((pattern) => pattern.test(line)) ? { kind: 'noise' } : undefined;
}

/** Whether a text is a classic filter: tcpdump -ddd numbers, its C form (-dd), or bpf_asm words. */
export function isClassicFilter(lines: readonly string[]): boolean {
  const text = lines.map((l) => l.replace(/;.*$/, '').trim()).filter((l) => l !== '');
  const [first] = text;
  if (first === undefined) return false;
  if (/^\d+$/.test(first) && text.length > 1) return text.slice(1).every((l) => /^\d+ \d+ \d+ \d+$/.test(l));
  if (text.every((l) => /^\{ 0x[0-9a-f]+, \d+, \d+, 0x[0-9a-f]+ \},?$/.test(l))) return true;
  const words = text.filter((l) => CLASSIC.test(l.replace(/^(?:\(\d+\)|[A-Za-z_]\w*:)\s*/, '')));
  return words.length * 2 > text.length;
}

const CLASSIC =
  /^(?:ldh?b?\s+(?:\[|#|M\[|len\b)|ldx?i?\s+#|ldxb?\s+4\s*\*|j(?:eq|ne|neq|gt|ge|set|lt|le)\s+[#x]|ret\s+[#a]|jmp\s+\w|tax$|txa$|stx?\s+M\[|(?:and|or|add|sub|mul|div|lsh|rsh|xor|mod)\s+[#x])/;
