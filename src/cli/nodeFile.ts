/** Node files: `--node FILE`, YAML or JSON. */
import { LineCounter, parseDocument } from 'yaml';
import { parseNode } from '../kernel/net/file/index.ts';
import type { NetNs } from '../net/route/netns.ts';
import type { Problem } from '../util/problem.ts';
import { Failure, unusable } from './failure.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';

/** Problems name their place in the file as `devices[0].mac`; a sysctl's name has dots of its own. */
function pathSegments(path: string): (string | number)[] {
  const [, sysctl] = /^sysctls\.(.+)$/.exec(path) ?? [];
  if (sysctl !== undefined) return ['sysctls', sysctl];
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name]) =>
    name === undefined ? Number(index) : name,
  );
}

/** A node file as it was read. */
export interface NodeFile {
  /** Its content, parsed as JSON would be. */
  readonly json: unknown;
  readonly node: NetNs;
}

/** Reads a node file, or leaves the command with every problem, each with its line. */
export function readNode(io: Io, path: string): NodeFile {
  const text = readText(io, path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [wrong] = document.errors;
  if (wrong) {
    const { line, col } = lines.linePos(wrong.pos[0]);
    unusable('bad-yaml', { pos: { file: path, line, col } }, { path, why: wrong.message });
  }
  let json: unknown;
  try {
    json = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    unusable('bad-yaml', {}, { path, why: error instanceof Error ? error.message : String(error) });
  }
  const parsed = parseNode(json, path);
  if (parsed.ok) return { json, node: parsed.value };
  throw new Failure(parsed.problems.map(placed));

  /** The problem at the line of the innermost part of its path that the file has. */
  function placed(problem: Problem): Problem {
    for (
      let segments = pathSegments(String(problem.args.path ?? ''));
      segments.length > 0;
      segments = segments.slice(0, -1)
    ) {
      const node = document.getIn(segments, true);
      const range =
        typeof node === 'object' && node !== null && 'range' in node ? (node.range as number[] | null) : null;
      if (!range) continue;
      const { line, col } = lines.linePos(range[0]!);
      return { ...problem, at: { pos: { file: path, line, col }, text: text.split('\n')[line - 1] ?? '' } };
    }
    return problem;
  }
}
