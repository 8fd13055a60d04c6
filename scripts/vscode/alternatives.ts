/** Many words as one regular expression in which common beginnings stand once, so that it fails early. */

type Trie = Map<string, Trie>;
const END = '';

function makeTrie(words: readonly string[]): Trie {
  const root: Trie = new Map();
  for (const word of words) {
    let node = root;
    for (const char of word) {
      let next = node.get(char);
      if (!next) {
        next = new Map();
        node.set(char, next);
      }
      node = next;
    }
    node.set(END, new Map());
  }
  return root;
}

export function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

function write(node: Trie): string {
  const branches = [...node]
    .filter(([char]) => char !== END)
    .map(([char, next]) => {
      let text = escapeRegex(char);
      let at = next;
      while (at.size === 1 && !at.has(END)) {
        const [only, after] = [...at][0]!;
        text += escapeRegex(only);
        at = after;
      }
      return text + write(at);
    });
  if (branches.length === 0) return '';
  const body = branches.length === 1 && !node.has(END) ? branches[0]! : `(?:${branches.join('|')})`;
  return node.has(END) ? `${body}?` : body;
}

/** Matches exactly the words, the longest that fits; to be put between boundaries. */
export function alternatives(words: readonly string[]): string {
  return `(?:${write(makeTrie(words))})`;
}
