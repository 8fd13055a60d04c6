/** The node of a scenario: a kernel with its namespaces, cables and cgroups. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import type { Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import { Kernel } from '../kernel.ts';
import { addNetns, connectCable } from '../node/build.ts';
import { scenarioProblem } from './messages.ts';
import type { NodeSpec } from './model.ts';

const ROOT = 1;

/** The id of a cgroup: they count from the root's, in the order of the list. */
export function cgroupId(cgroups: readonly string[], path: string): number | undefined {
  if (path === '/') return ROOT;
  const index = cgroups.indexOf(path);
  return index < 0 ? undefined : ROOT + 1 + index;
}

/** The path above one; of `/pods` it is `/`. */
function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** Makes the kernel and what lies around it; no program and no socket yet. */
export function buildNode(spec: NodeSpec, kernelBtf: (() => KernelBtf) | undefined): Result<Kernel> {
  const [host, ...others] = spec.namespaces;
  const ids = others.flatMap(({ name, nsid }) => (nsid === undefined ? [] : [{ id: nsid, name }]));
  const made = Kernel.create({
    cpus: spec.cpus,
    clockNs: spec.clockNs,
    seed: spec.seed,
    stackFill: spec.stackFill,
    ...(host && { node: { ...host.net, name: host.name, ids } }),
    ...(kernelBtf && { kernelBtf }),
  });
  if (!made.ok) return made;
  const kernel = made.value;
  for (const { name, net } of others) addNetns(kernel, { ...net, name });
  for (const { name, cables } of spec.namespaces) {
    for (const { dev, peerNs, peerDev } of cables) {
      if (connectCable(kernel, { ns: name, dev }, { ns: peerNs, dev: peerDev })) continue;
      const path = `node.namespaces.${name}`;
      return fail(scenarioProblem('cable', {}, { path, a: `${name}/${dev}`, b: `${peerNs}/${peerDev}` }));
    }
  }
  for (const path of spec.cgroups) {
    const [id, parent] = [cgroupId(spec.cgroups, path)!, cgroupId(spec.cgroups, parentOf(path))];
    if (parent === undefined || !kernel.addCgroup({ id, parent })) {
      return fail(scenarioProblem('cgroup', {}, { path: 'node.cgroups', name: parentOf(path) }));
    }
  }
  return ok(kernel);
}
