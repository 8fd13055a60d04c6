/** Where the insns of a load request were written, as its line_info says. */
import { readHeader, stringReader } from '../btf/parse.ts';
import type { Position } from '../kernel/replay/result.ts';
import type { LoadRequest, ProgRequest } from '../spec/request.ts';
import { fromHex } from '../util/hex.ts';

interface Line {
  readonly slot: number;
  readonly position: Position;
}

/** struct bpf_line_info: insn_off, file_name_off, line_off, line_col. */
const RECORD = 16;

/** The records of a program; none where they cannot be read, which is the verifier's to say. */
function linesOf(request: ProgRequest): readonly Line[] {
  const info = fromHex(request.line_info ?? '');
  const btf = fromHex(request.btf ?? '');
  const size = request.line_info_rec_size ?? RECORD;
  if (!info || info.length === 0 || !btf || size < RECORD) return [];
  const header = readHeader(btf);
  if (!header.ok) return [];
  const string = stringReader(header.value.strings);
  const view = new DataView(info.buffer, info.byteOffset, info.length);
  return Array.from({ length: Math.floor(info.length / size) }, (_, i) => {
    const [slot, file, text, at] = [0, 4, 8, 12].map((off) => view.getUint32(i * size + off, true)) as [
      number,
      number,
      number,
      number,
    ];
    const pos = { file: string(file), line: at >>> 10, col: Math.max(at & 1023, 1) };
    return { slot, position: { pos, text: string(text) } };
  });
}

/** Looks insns of a request up: the program by its index or the name that it is loaded with, and the slot. */
export function requestPositions(request: LoadRequest): (prog: string | number, slot: number) => Position | undefined {
  const progs = request.progs?.map((p) => ({ ...(request.btf !== undefined && { btf: request.btf }), ...p })) ?? [
    request,
  ];
  const known = new Map<number, readonly Line[]>();
  return (prog, slot) => {
    const index = typeof prog === 'number' ? prog : progs.findIndex((p) => p.prog_name === prog);
    const request = progs[index];
    if (!request) return undefined;
    const lines = known.get(index) ?? linesOf(request);
    known.set(index, lines);
    return lines.findLast((l) => l.slot <= slot)?.position;
  };
}
