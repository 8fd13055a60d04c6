/** The built-in BTF for programs that look at it while they run: it is only loaded for these. */
import type { KernelBtf } from '../btf/kernelBtf.ts';
import { decodeProgram } from '../isa/codec.ts';
import { HELPERS } from '../spec/helpers/index.ts';
import type { LoadRequest, ProgRequest } from '../spec/request.ts';
import { fromHex } from '../util/hex.ts';

const ASKING: ReadonlySet<number> = new Set([HELPERS.bpf_snprintf_btf.id, HELPERS.bpf_btf_find_by_name_kind.id]);

function asks({ insns = [] }: ProgRequest): boolean {
  return decodeProgram(fromHex([insns].flat().join('')) ?? new Uint8Array()).some(
    ({ row, imm }) => row?.kind === 'call' && row.target === 'helper' && ASKING.has(imm),
  );
}

/** All programs of a request, those in its maps included. */
function programsOf(request: LoadRequest): ProgRequest[] {
  const inMaps = (request.maps ?? []).flatMap((map) => map.updates ?? []).flatMap((u) => u.value_prog ?? []);
  return [...(request.progs ?? [request]), ...inMaps.flatMap(programsOf)];
}

/** The types of the kernel on which a request's programs run; undefined where none of them asks for any. */
export async function kernelTypes(request: LoadRequest): Promise<(() => KernelBtf) | undefined> {
  if (!programsOf(request).some(asks)) return undefined;
  const { builtinBtf } = await import('../btf/builtin.ts');
  return builtinBtf;
}
