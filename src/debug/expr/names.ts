/** What bare names mean: the moment's own numbers, maps, headers, constants of the kernel and of the maps' enums. */

import { PROTOCOLS } from '../../net/proto/protocols.ts';
import { constant, constantNames } from '../../spec/constants.ts';
import type { Problem } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import { packetOf } from '../inspect/packet.ts';
import type { View } from '../view.ts';
import type { NodeOf } from './ast.ts';
import { contextPointer } from './contextFields.ts';
import type { Evaluation, Operand } from './evaluation.ts';
import { hasLayer, isLayer } from './packetFields.ts';
import { enumNamed } from './types.ts';
import { ABSENT, number } from './value.ts';

interface Special {
  /** Changes from insn to insn, whatever these do. */
  readonly always: boolean;
  readonly memory: boolean;
  readonly get: (view: View, e: Evaluation, node: NodeOf<'name'>) => Operand;
}

const run = (get: (machine: NonNullable<View['machine']>, view: View) => number): Special => ({
  always: true,
  memory: false,
  get: (view, e, node) =>
    view.machine ? number(get(view.machine, view)) : e.problem('expr-no-run', node, { name: node.name }),
});

/** Names with a meaning of their own, whatever maps and constants are called. */
export const SPECIALS: Readonly<Record<string, Special>> = {
  /** The insn that runs next; of an outer frame the call that it is in. */
  pc: run((machine, view) => machine.stack.find((f) => f.depth === view.depth)?.slot ?? machine.pc),
  insns: run((machine) => machine.insns),
  depth: run((_machine, view) => view.depth),
  tick: {
    always: true,
    memory: false,
    get: (view, e, node) =>
      view.tick === undefined ? e.problem('expr-unknown-now', node, { name: node.name }) : number(view.tick),
  },
  cpu: { always: false, memory: false, get: ({ kernel }) => number(kernel.world.cpu) },
  clock: {
    always: true,
    memory: false,
    get({ kernel }) {
      const { sec, nsec } = kernel.world.clock;
      return number(BigInt(sec) * 1_000_000_000n + BigInt(nsec));
    },
  },
  absent: { always: false, memory: false, get: () => ABSENT },
  pkt: {
    always: false,
    memory: true,
    get(view) {
      const packet = packetOf(view);
      return packet
        ? { where: { kind: 'memory', at: packet.at }, size: packet.bytes.length, order: 'network', raw: true }
        : ABSENT;
    },
  },
  ctx: {
    always: false,
    memory: false,
    get: (view, e, node) => contextPointer(view) ?? e.problem('expr-no-context', node),
  },
};

/** Every other word that means something where it stands. */
const WORDS = ['r0', 'fp', 'mem', ...Object.keys(SPECIALS), ...Object.keys(PROTOCOLS)];

function unknown(e: Evaluation, node: NodeOf<'name'>): Problem {
  const maps = e.view.kernel.world.maps.map((m) => m.name);
  const hint = suggest(node.name, [...maps, ...WORDS]) ?? suggest(node.name, constantNames());
  const known = `maps: ${maps.slice(0, 20).join(', ') || 'none'}; registers, pkt, ctx, header names, kernel constants`;
  return e.problem('expr-name', node, { name: node.name, help: hint === undefined ? known : `did you mean ${hint}?` });
}

/** Does a bare name mean something here? */
export function isKnown(view: View, name: string): boolean {
  if (Object.hasOwn(SPECIALS, name) || isLayer(name) || view.kernel.map(name)) return true;
  return (constant(name) ?? enumNamed(view, name)) !== undefined;
}

/** What a bare name means. */
export function nameOperand(e: Evaluation, node: NodeOf<'name'>): Operand {
  const { name, quoted } = node;
  const { view } = e;
  const map = view.kernel.map(name);
  if (quoted) {
    const known = view.kernel.world.maps.map((m) => m.name).join(', ') || 'none';
    return map ? { kind: 'map', map } : e.problem('expr-map', node, { name, known });
  }
  if (Object.hasOwn(SPECIALS, name)) return SPECIALS[name]!.get(view, e, node);
  if (isLayer(name)) return number(hasLayer(view, name) ? 1 : 0);
  if (map) return { kind: 'map', map };
  const value = constant(name) ?? enumNamed(view, name);
  return value === undefined ? unknown(e, node) : number(value);
}
