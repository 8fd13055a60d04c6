/** Linear memory, and the code in its addresses. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { encodeProgram } from '../../../isa/codec.ts';
import { toHex } from '../../../util/hex.ts';
import { fail } from '../../../util/problem.ts';
import { fromBase64, toBase64 } from '../base64.ts';
import { done, launched, request } from '../desk.ts';
import { dapProblem } from '../messages.ts';
import { textAddress } from '../sources.ts';
import { addressOf, referenceOf } from '../variables.ts';

/** Bytes that one request may read. */
const MAX_READ = 1 << 20;
const END = 2 ** 32;

export const readMemory = request<DebugProtocol.ReadMemoryArguments, DebugProtocol.ReadMemoryResponse>(
  'stopped',
  { need: { memoryReference: 'string', count: 'number' }, may: { offset: 'number' } },
  (desk, { memoryReference, offset = 0, count }) => {
    const base = addressOf(memoryReference);
    if (base === undefined) return fail(dapProblem('dap-memory-reference', {}, { reference: memoryReference }));
    const { arena } = launched(desk).session.kernel;
    const wanted = Math.max(0, count);
    const from = base + offset;
    if (from < 0 || from >= Math.min(arena.size, END)) {
      return done({ address: referenceOf(Math.min(Math.max(from, 0), END - 1)), unreadableBytes: wanted });
    }
    const size = Math.min(wanted, MAX_READ, arena.size - from);
    const left = wanted - size;
    const data = toBase64(arena.bytes(from, size));
    return done({ address: referenceOf(from), data, ...(left > 0 && { unreadableBytes: left }) });
  },
);

export const writeMemory = request<DebugProtocol.WriteMemoryArguments, DebugProtocol.WriteMemoryResponse>(
  'stopped',
  { need: { memoryReference: 'string', data: 'string' }, may: { offset: 'number', allowPartial: 'boolean' } },
  (desk, { memoryReference, offset = 0, data }) => {
    const base = addressOf(memoryReference);
    if (base === undefined) return fail(dapProblem('dap-memory-reference', {}, { reference: memoryReference }));
    const bytes = fromBase64(data);
    if (!bytes) return fail(dapProblem('dap-not-base64'));
    const address = base + offset;
    if (bytes.length === 0) return done({ bytesWritten: 0 });
    if (address < 0 || address + bytes.length > END) {
      return fail(dapProblem('dap-not-writable', {}, { count: bytes.length, reference: memoryReference }));
    }
    const debuggee = launched(desk);
    const edit = { kind: 'memory', address, bytes } as const;
    const edited = debuggee.edit(edit);
    if (!edited.ok) return edited;
    return done({ bytesWritten: bytes.length }, () => debuggee.edited(edit));
  },
);

/** Insns that one request may ask for. */
const MAX_INSNS = 10_000;
const SLOT = 8;

export const disassemble = request<DebugProtocol.DisassembleArguments, DebugProtocol.DisassembleResponse>(
  'session',
  {
    need: { memoryReference: 'string', instructionCount: 'number' },
    may: { offset: 'number', instructionOffset: 'number', resolveSymbols: 'boolean' },
  },
  (desk, { memoryReference, offset = 0, instructionOffset = 0, instructionCount, resolveSymbols = true }) => {
    const base = addressOf(memoryReference);
    if (base === undefined) return fail(dapProblem('dap-memory-reference', {}, { reference: memoryReference }));
    const { session, sources } = launched(desk);
    const address = base + offset;
    const { progs } = session.symbols;
    const prog = progs.find((p) => address >= textAddress(p, 0) && address < textAddress(p, p.insns.length));
    const insns = prog?.insns.filter((i) => i !== undefined) ?? [];
    // The insn that the address is in; its second slot belongs to it.
    const at = prog ? insns.findLastIndex((i) => textAddress(prog, i.slot) <= address) : 0;
    const count = Math.min(Math.max(instructionCount, 0), MAX_INSNS);
    const rows = Array.from({ length: count }, (_, i): DebugProtocol.DisassembledInstruction => {
      const index = at + instructionOffset + i;
      const insn = insns[index];
      if (!prog || !insn) {
        const before = index < 0 || !prog;
        const origin = prog ? textAddress(prog, before ? 0 : prog.insns.length) : address;
        const filler = origin + SLOT * (before ? index : index - insns.length);
        const inRange = Math.min(Math.max(filler, 0), END - SLOT);
        return { address: referenceOf(inRange), instruction: '(nothing)', presentationHint: 'invalid' };
      }
      const { source, line, column } = sources.placeOf(prog, insn.slot);
      const name = resolveSymbols
        ? [...prog.functions, ...prog.labels].find((s) => s.slot === insn.slot)?.name
        : undefined;
      return {
        address: referenceOf(textAddress(prog, insn.slot)),
        instructionBytes: toHex(encodeProgram([insn.insn]), ' '),
        instruction: insn.text,
        ...(name !== undefined && { symbol: name }),
        ...(source && { location: source, line, ...(column !== undefined && { column }) }),
      };
    });
    return done({ instructions: rows });
  },
);
