/** A host without files: programs by name, as a page has them. */
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import type { DapHost, LaunchArguments } from '../../../src/debug/dap/host.ts';
import type { SessionInput } from '../../../src/debug/session/input.ts';
import { fromHex } from '../../../src/util/hex.ts';
import { fail, ok } from '../../../src/util/problem.ts';
import { FAULTY, LONG, PACKET, RAW, TOUR } from './programs.ts';

const TEXTS: Readonly<Record<string, string>> = { 'tour.bpf': TOUR, 'faulty.bpf': FAULTY, 'long.bpf': LONG };

function inputOf(args: LaunchArguments): ReturnType<typeof ok<SessionInput>> | ReturnType<typeof fail> {
  const name = args.program ?? '';
  const packets = [args.packet ?? PACKET].flat().map((hex) => ({ bytes: fromHex(hex) ?? new Uint8Array() }));
  if (name === 'raw') {
    const request = { name: 'prog', prog_type: 'xdp', insns: RAW.replaceAll(' ', '') };
    const files = { programs: [{ name: 'prog', functions: [], labels: [], positions: [] }], texts: {} };
    return ok({ name, request, files, packets, progs: [] });
  }
  const { object, problems } = assemble(TEXTS[name] ?? name, { file: name });
  if (!object) return fail(...problems);
  const request = toRequest(object, {});
  if (!request.ok) return request;
  const programs = object.programs.map(({ name, functions, labels, positions }) => ({
    name,
    functions,
    labels,
    positions: positions.map((pos) => pos && { pos }),
  }));
  const files = { programs, texts: { [name]: TEXTS[name] ?? name } };
  return ok({ name, request: request.value, files, packets, progs: [] });
}

/** Work is done when the queue of messages is empty. */
export function memoryHost(ended: () => void = () => undefined): DapHost {
  return {
    makeSession: async (args) => {
      const made = inputOf(args);
      return made.ok ? ok({ input: made.value }) : made;
    },
    sourcePath: (file) => (file in TEXTS ? `/src/${file}` : undefined),
    later: (work) => void setTimeout(work, 0),
    ended,
  };
}
