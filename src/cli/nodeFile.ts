/** Node files: `--node FILE`, YAML or JSON. */
import { parseNode } from '../kernel/net/file/index.ts';
import type { NetNs } from '../net/route/netns.ts';
import { Failure } from './failure.ts';
import type { Io } from './io.ts';
import { readYaml } from './yamlFile.ts';

/** A node file as it was read. */
export interface NodeFile {
  /** Its content, parsed as JSON would be. */
  readonly json: unknown;
  readonly node: NetNs;
}

/** Reads a node file, or leaves the command with every problem, each with its line. */
export function readNode(io: Io, path: string): NodeFile {
  const { json, placed } = readYaml(io, path);
  const parsed = parseNode(json, path);
  if (parsed.ok) return { json, node: parsed.value };
  throw new Failure(parsed.problems.map(placed));
}
