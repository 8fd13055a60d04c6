/** Expressions as text, with as few brackets as say the same. */
import { formatIpv4, formatIpv6, formatMac } from '../../net/addr.ts';
import { toHex } from '../../util/hex.ts';
import type { Node, NodeOf, TypeName } from './ast.ts';
import { BINARY } from './operators.ts';

/** How tightly nodes bind that are no binary operators; those have the levels of their table. */
const CHOICE = 0;
const PREFIX = 20;
const PRIMARY = 30;

function levelOf(node: Node): number {
  switch (node.kind) {
    case 'choice':
      return CHOICE;
    case 'binary':
      return BINARY[node.op]!.level;
    case 'unary':
    case 'cast':
      return PREFIX;
    default:
      return PRIMARY;
  }
}

/** In brackets where it binds less tightly than its surroundings. */
function inner(node: Node, level: number): string {
  const text = printExpr(node);
  return levelOf(node) < level ? `(${text})` : text;
}

function typeText({ kind, name, stars }: TypeName): string {
  return `${kind === 'scalar' ? '' : `${kind} `}${name}${stars > 0 ? ` ${'*'.repeat(stars)}` : ''}`;
}

/** Bytes of a number as addresses are written. */
export function networkBytes(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 0xffn));
}

function numberText({ value, form }: NodeOf<'number'>): string {
  if (form === 'ipv4') return formatIpv4(networkBytes(value, 4));
  return form === 'mac' ? formatMac(networkBytes(value, 6)) : `${value}`;
}

/** The text of a node; reading it gives the node again. */
export function printExpr(node: Node): string {
  switch (node.kind) {
    case 'number':
      return numberText(node);
    case 'bytes':
      return node.form === 'ipv6' ? `[${formatIpv6(node.bytes)}]` : `hex:${toHex(node.bytes)}`;
    case 'name':
      return node.quoted ? `"${node.name}"` : node.name;
    case 'register':
      return `${node.half ? 'w' : 'r'}${node.reg}`;
    case 'unary':
      return `${node.op}${inner(node.arg, PREFIX)}`;
    case 'cast':
      return `(${typeText(node.type)})${inner(node.arg, PREFIX)}`;
    case 'binary': {
      const { level } = BINARY[node.op]!;
      return `${inner(node.left, level)} ${node.op} ${inner(node.right, level + 1)}`;
    }
    case 'choice':
      return `${inner(node.test, CHOICE + 1)} ? ${printExpr(node.yes)} : ${printExpr(node.no)}`;
    case 'index': {
      const index = printExpr(node.index);
      // A MAC address must not seem to go on.
      const colon = index.includes(':') ? ' : ' : ':';
      return `${inner(node.base, PRIMARY)}[${index}${node.size ? `${colon}${printExpr(node.size)}` : ''}]`;
    }
    case 'member':
      return `${inner(node.base, node.base.kind === 'number' ? PRIMARY + 1 : PRIMARY)}${node.arrow ? '->' : '.'}${node.name}`;
    case 'cpu':
      return `${inner(node.base, PRIMARY)}@${node.cpu.kind === 'number' && !node.cpu.form ? printExpr(node.cpu) : `(${printExpr(node.cpu)})`}`;
    case 'call':
      return `${node.name}(${node.args.map(printExpr).join(', ')})`;
    case 'record':
      return `{${node.fields.map(([name, value]) => `${name}: ${printExpr(value)}`).join(', ')}}`;
    case 'list':
      return `[${node.items.map(printExpr).join(', ')}]`;
  }
}
