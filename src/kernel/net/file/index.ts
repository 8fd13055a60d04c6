/** A node file, as JSON (the command line reads YAML): devices, addresses, routes, rules, neighbours, sysctls and sockets. */
import type { NetNs } from '../../../net/route/netns.ts';
import type { Result } from '../../../util/problem.ts';
import { ok } from '../../../util/problem.ts';
import { readSockets } from '../../sockets/file.ts';
import { buildNetNs } from './build.ts';
import { NAMESPACE } from './fields.ts';
import { checkKeys, isRecord, listOf, report, type Sink } from './shape.ts';

/** The keys of the file itself. */
const TOP = ['bpflab', ...Object.keys(NAMESPACE), 'sockets'];

/**
 * Builds the network namespace that a node file describes.
 *
 * @param json the file's contents, parsed; docs/node.md describes them
 * @param file its name, for problems
 * @returns the namespace for `KernelOptions.node`, or every problem with the path of its place, as `devices[0].mac`
 */
export function parseNode(json: unknown, file: string): Result<NetNs> {
  const sink: Sink = { file, problems: [] };
  const top = isRecord(json) ? json : {};
  if (!isRecord(json) && json !== null && json !== undefined) {
    report(sink, '', json, `a mapping with ${TOP.join(', ')}`);
  }
  checkKeys(sink, top, TOP, '');
  if (top.bpflab !== undefined && top.bpflab !== 1) report(sink, 'bpflab', top.bpflab, '1, the version of the format');
  const net = buildNetNs(sink, top);
  const sockets = readSockets(sink, net, listOf(sink, top.sockets, 'sockets'));
  if (sink.problems.length > 0) return { ok: false, problems: sink.problems };
  return ok(sockets.length > 0 ? { ...net, sockets } : net);
}
