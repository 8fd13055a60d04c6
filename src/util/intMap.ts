/** An immutable map from unsigned 32-bit numbers: a binary radix tree, so that a change copies one path and shares the rest. */

interface Leaf<V> {
  readonly key: number;
  readonly value: V;
}

/** Keys of both sides agree above `bit`; `left` has that bit clear. */
interface Branch<V> {
  readonly bit: number;
  readonly size: number;
  /** Any key below: its bits above `bit` are those of all. */
  readonly key: number;
  readonly left: Node<V>;
  readonly right: Node<V>;
}

type Node<V> = Leaf<V> | Branch<V>;

const isBranch = <V>(node: Node<V>): node is Branch<V> => 'bit' in node;
const sizeOf = <V>(node: Node<V>): number => (isBranch(node) ? node.size : 1);
/** Position of the highest bit in which two different keys differ. */
const splitBit = (a: number, b: number): number => 31 - Math.clz32(a ^ b);
const bitOf = (key: number, bit: number): number => (key >>> bit) & 1;
const above = (key: number, bit: number): number => (bit === 31 ? 0 : key >>> (bit + 1));

function branch<V>(bit: number, left: Node<V>, right: Node<V>): Branch<V> {
  return { bit, size: sizeOf(left) + sizeOf(right), key: left.key, left, right };
}

function join<V>(a: Node<V>, b: Node<V>): Branch<V> {
  const bit = splitBit(a.key, b.key);
  return bitOf(a.key, bit) === 0 ? branch(bit, a, b) : branch(bit, b, a);
}

function insert<V>(node: Node<V>, leaf: Leaf<V>): Node<V> {
  if (!isBranch(node)) return node.key === leaf.key ? leaf : join(node, leaf);
  const { bit, left, right, key } = node;
  if (above(key, bit) !== above(leaf.key, bit)) return join(node, leaf);
  return bitOf(leaf.key, bit) === 0 ? branch(bit, insert(left, leaf), right) : branch(bit, left, insert(right, leaf));
}

function remove<V>(node: Node<V>, key: number): Node<V> | undefined {
  if (!isBranch(node)) return node.key === key ? undefined : node;
  const { bit, left, right } = node;
  if (above(node.key, bit) !== above(key, bit)) return node;
  const side = bitOf(key, bit) === 0 ? left : right;
  const now = remove(side, key);
  if (now === side) return node;
  if (side === left) return now ? branch(bit, now, right) : right;
  return now ? branch(bit, left, now) : left;
}

/** Keys are numbers from 0 to 2^32-1; iteration is in ascending order of the keys. */
export class IntMap<V> {
  static readonly EMPTY: IntMap<never> = new IntMap<never>(undefined);
  private readonly root: Node<V> | undefined;

  private constructor(root: Node<V> | undefined) {
    this.root = root;
  }

  get size(): number {
    return this.root ? sizeOf(this.root) : 0;
  }

  /** The value of a key; undefined where there is none. */
  get(key: number): V | undefined {
    let node = this.root;
    while (node && isBranch(node)) node = bitOf(key, node.bit) === 0 ? node.left : node.right;
    return node?.key === key ? node.value : undefined;
  }

  /** The map with one entry more, or another value. */
  with<W>(key: number, value: W): IntMap<V | W> {
    const leaf = { key: key >>> 0, value };
    return new IntMap<V | W>(this.root ? insert<V | W>(this.root, leaf) : leaf);
  }

  /** The map without a key; the same map where it has none. */
  without(key: number): IntMap<V> {
    const root = this.root && remove(this.root, key >>> 0);
    return root === this.root ? this : new IntMap(root);
  }

  /** Keys and values. */
  *entries(): IterableIterator<readonly [number, V]> {
    const stack: Node<V>[] = this.root ? [this.root] : [];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (isBranch(node)) stack.push(node.right, node.left);
      else yield [node.key, node.value];
    }
  }

  /** The keys. */
  *keys(): IterableIterator<number> {
    for (const [key] of this.entries()) yield key;
  }

  /** The values. */
  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }
}
