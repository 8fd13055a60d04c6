/** What an agent does to the maps between packets: programs of agent.bpf, run over the maps of other programs. */
import type { LoadRequest, ProgRequest } from '../../src/spec/request.ts';
import { requestOf } from './assembleFile.ts';
import { nodeMaps } from './node.ts';
import type { Event } from './talk.ts';

const FILE = '../test/programs/agent.bpf';
const PREFIX = 'agent_';
const unhex = (bytes: readonly string[]): number[] => bytes.map(Number);

/** A run of one of its programs. */
export interface AgentAct {
  readonly prog: string;
  readonly packet: Uint8Array;
}

/** Puts the entry of the node's maps in, as it is or changed, or takes it out. */
export function agentAct(
  act: 'update' | 'delete',
  map: string,
  index: number,
  change: (value: number[]) => void = () => {},
): AgentAct {
  const entry = nodeMaps()[map]?.[index];
  if (!entry) throw new Error(`${map} has no entry ${index}`);
  const value = unhex(entry.value);
  change(value);
  const what = [act === 'delete' ? 1 : 0, 0, 0, 0, 0, 0, 0, 0];
  return { prog: `${PREFIX}${map}`, packet: Uint8Array.from([...what, ...unhex(entry.key), ...value]) };
}

/** Takes connections out whose time is over. */
export const GARBAGE: AgentAct = { prog: `${PREFIX}gc`, packet: new Uint8Array(16) };

export const actEvent = (ms: number, { prog, packet }: AgentAct): Event => ({ ms, bytes: packet, agent: prog });

/** The request with the agent's programs, as far as it has their maps; they begin behind its own. */
export function withAgent(request: LoadRequest): LoadRequest {
  const agent = requestOf(FILE, { TEST_CLOCK: 1n });
  const places = (agent.maps ?? []).map(({ name }) => request.maps?.findIndex((m) => m.name === name) ?? -1);
  const progs = (agent.progs ?? []).flatMap((prog): ProgRequest[] => {
    const relocs = (prog.map_relocs ?? []).map(([insn, map]) => [insn, places[map]!] as const);
    const fits = prog.name?.startsWith(PREFIX) && relocs.every(([, map]) => map >= 0);
    return fits ? [{ ...prog, map_relocs: relocs }] : [];
  });
  return { ...request, progs: [...(request.progs ?? []), ...progs] };
}
