/** Random test runs: small programs of every prog type that can be run, with good and bad requests to run them. */
import type { LoadRequest } from '../../src/spec/request.ts';
import { Random } from '../../test/random.ts';
import { MAPS, OUT_SIZE, type Piece, program } from './code.ts';
import { fieldReads } from './pieces.ts';
import { DEVICES, RUN_TYPES, type RunType } from './types.ts';

/** Results that fit into the map. */
const MAX_PIECES = OUT_SIZE / 8;
const RUNS = 2;

const flat = (piece: Piece | readonly Piece[]): readonly Piece[] =>
  piece.length > 0 && Array.isArray(piece[0]) ? (piece as readonly Piece[]) : [piece as Piece];

/** Some of the fields of the context, one after the other, so that all of them come up in every type. */
function sweep(r: Random, { reader }: RunType): readonly Piece[] | undefined {
  if (!reader) return undefined;
  const all = fieldReads(reader);
  const from = r.below(all.length);
  return [...all.slice(from), ...all.slice(0, from)].slice(0, MAX_PIECES);
}

function pieces(r: Random, type: RunType): readonly Piece[] {
  const swept = r.bool(0.2) ? sweep(r, type) : undefined;
  const own = Array.from({ length: 1 + r.below(6) }, () => flat(type.piece(r))).flat();
  return [...(swept ?? []).slice(0, MAX_PIECES - own.length), ...own];
}

function request(r: Random, name: string, types: readonly RunType[]): LoadRequest {
  const type = r.weighted(types.map((t) => [t.weight, () => t] as const));
  const frags = type.prog.prog_type === 'xdp' && type.prog.prog_flags === undefined && r.bool(0.5);
  return {
    name: `${type.prog.prog_type}-${name}`,
    license: 'GPL',
    ...type.prog,
    ...((type.devices || r.bool(0.05)) && { setup: DEVICES }),
    ...(frags && { prog_flags: ['xdp_has_frags'] }),
    ...program(pieces(r, type), type.end(r)),
    maps: MAPS,
    dump_maps: true,
    test_run: Array.from({ length: RUNS }, () => type.run(r)),
  };
}

/** `count` requests, of one prog type where `only` names it; the same seed gives the same ones. */
export function randomTestRuns(count: number, seed: number, only?: string): LoadRequest[] {
  const r = new Random(seed);
  const types = RUN_TYPES.filter((t) => only === undefined || t.prog.prog_type === only);
  return Array.from({ length: count }, (_, i) => request(r, `${seed}-${i}`, types));
}

/** Programs that read every field of every context in every way that is allowed, each over several good runs. */
export function fieldSweeps(): LoadRequest[] {
  const r = new Random(1);
  return RUN_TYPES.flatMap((type) => {
    if (!type.reader || !type.full) return [];
    const all = fieldReads(type.reader);
    return Array.from({ length: Math.ceil(all.length / MAX_PIECES) }, (_, i) => ({
      name: `${type.prog.prog_type}-${type.prog.expected_attach_type ?? 'fields'}-${i}`,
      license: 'GPL',
      ...type.prog,
      ...program(all.slice(i * MAX_PIECES, (i + 1) * MAX_PIECES), type.end(r)),
      maps: MAPS,
      dump_maps: true,
      test_run: type.full!(),
    }));
  });
}
