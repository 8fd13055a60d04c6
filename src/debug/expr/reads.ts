/** What an expression depends on, told from its text alone: when it must be evaluated again. */
import { constant } from '../../spec/constants.ts';
import type { Expr, Node } from './ast.ts';
import { SPECIALS } from './names.ts';
import { isLayer } from './packetFields.ts';

export interface Reads {
  /** Registers of the frame that is looked at, ascending; `fp` is 10. */
  readonly registers: readonly number[];
  /** Memory of any kind: stack, packet, context, maps, kernel objects. Insns that store and calls may change it. */
  readonly memory: boolean;
  /** Something that may change at any insn: `pc`, `tick`, `clock` … */
  readonly always: boolean;
  /** Parts of `memory` that are read by name. */
  readonly packet: boolean;
  readonly ctx: boolean;
  /** Maps by name, as far as they are named. */
  readonly maps: readonly string[];
}

interface Found {
  readonly registers: Set<number>;
  readonly maps: Set<string>;
  memory: boolean;
  always: boolean;
  packet: boolean;
  ctx: boolean;
}

function readName(name: string, quoted: boolean, found: Found): void {
  if (!quoted && Object.hasOwn(SPECIALS, name)) {
    const special = SPECIALS[name]!;
    found.always ||= special.always;
    found.memory ||= special.memory;
    found.packet ||= name === 'pkt';
    found.ctx ||= name === 'ctx';
    return;
  }
  if (!quoted && isLayer(name)) {
    found.memory = true;
    found.packet = true;
    return;
  }
  if (!quoted && (name === 'mem' || constant(name) !== undefined)) return;
  found.memory = true;
  found.maps.add(name);
}

function visit(node: Node, found: Found): void {
  switch (node.kind) {
    case 'number':
    case 'bytes':
      return;
    case 'register':
      found.registers.add(node.reg);
      return;
    case 'name':
      readName(node.name, node.quoted, found);
      return;
    case 'unary':
      found.memory ||= node.op === '*';
      visit(node.arg, found);
      return;
    case 'cast':
      visit(node.arg, found);
      return;
    case 'binary':
      visit(node.left, found);
      visit(node.right, found);
      return;
    case 'choice':
      visit(node.test, found);
      visit(node.yes, found);
      visit(node.no, found);
      return;
    case 'index':
      found.memory = true;
      // A map may have the name of a constant or of a header.
      if (node.base.kind === 'name' && !Object.hasOwn(SPECIALS, node.base.name) && node.base.name !== 'mem') {
        found.maps.add(node.base.name);
      }
      visit(node.base, found);
      visit(node.index, found);
      if (node.size) visit(node.size, found);
      return;
    case 'member':
      found.memory = true;
      if (node.base.kind === 'name' && !isLayer(node.base.name) && !Object.hasOwn(SPECIALS, node.base.name)) {
        found.maps.add(`${node.base.name}.${node.name}`);
      }
      visit(node.base, found);
      return;
    case 'cpu':
      visit(node.base, found);
      visit(node.cpu, found);
      return;
    case 'call':
      for (const arg of node.args) visit(arg, found);
      return;
    case 'record':
      for (const [, value] of node.fields) visit(value, found);
      return;
    case 'list':
      for (const item of node.items) visit(item, found);
      return;
  }
}

/** What an expression depends on. Nothing else can change what it comes to, but for memory that its pointers lead to. */
export function reads(expr: Expr): Reads {
  const found: Found = {
    registers: new Set(),
    maps: new Set(),
    memory: false,
    always: false,
    packet: false,
    ctx: false,
  };
  visit(expr.root, found);
  const { memory, always, packet, ctx } = found;
  const registers = [...found.registers].sort((a, b) => a - b);
  return { registers, memory, always, packet, ctx, maps: [...found.maps] };
}
