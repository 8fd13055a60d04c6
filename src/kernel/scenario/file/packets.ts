/** Packets of a file as values. */
import { buildPacket } from '../../../net/build.ts';
import type { Layer, LayerName, LayerSpec } from '../../../net/proto/protocols.ts';
import { problemText } from '../../../util/problem.ts';
import type { ValueOf } from '../../net/file/parts.ts';
import { report, say } from '../../net/file/shape.ts';
import type { InterleaveSpec, PacketSpec, TrafficSpec } from '../model.ts';
import { LAYERS, type packet, type traffic } from './packet.ts';
import type { Scope } from './scope.ts';

type PacketGiven = Omit<ValueOf<typeof packet>, 'interleave'>;
type InterleaveGiven = NonNullable<ValueOf<typeof packet>['interleave']>;

/** The layers in the order in which the file has them. They must build. */
function layersOf(scope: Scope, given: object, path: string): readonly LayerSpec[] | undefined {
  const { layers: listed, ...keyed } = given as { readonly layers?: readonly LayerSpec[] };
  const layers =
    listed ??
    Object.entries(keyed)
      .filter(([name]) => LAYERS.includes(name as LayerName))
      .map(([layer, fields]) => ({ layer, ...(fields as object) }) as LayerSpec);
  if (layers.length === 0) return undefined;
  const built = buildPacket(layers);
  for (const problem of built.ok ? [] : built.problems)
    say(scope.sink, 'file-why', path, { why: problemText(problem) });
  return layers;
}

export function makePacket(scope: Scope, given: PacketGiven, path: string): PacketSpec {
  const { bytes, times = 1 } = given;
  const layers = layersOf(scope, given, path);
  return { ...scope.device(given.in, `${path}.in`), ...(layers && { layers }), ...(bytes && { bytes }), times };
}

/** A CPU of the node. */
export function checkCpu(scope: Scope, cpu: number, path: string): number {
  if (cpu >= scope.cpus) report(scope.sink, path, cpu, `a CPU of the node: 0 to ${scope.cpus - 1} (node.cpus)`);
  return cpu;
}

export function makeInterleave(scope: Scope, given: InterleaveGiven, path: string): readonly InterleaveSpec[] {
  return given.map(({ cpu = 0, nth = 1, then, ...rest }, i) => {
    const at = `${path}[${i}]`;
    return {
      cpu: checkCpu(scope, cpu, `${at}.cpu`),
      nth,
      ...rest,
      // biome-ignore lint/suspicious/noThenProperty: the word of the format; nothing awaits it
      then: then.map((one, k) => ({
        cpu: checkCpu(scope, one.cpu ?? 1, `${at}.then[${k}].cpu`),
        packet: makePacket(scope, one.packet, `${at}.then[${k}].packet`),
      })),
    };
  });
}

export function makeTraffic(scope: Scope, given: ValueOf<typeof traffic>, path: string): TrafficSpec {
  const { packets, flows = 1, every = 1000n, order = 'round', vary = [] } = given;
  const layers = layersOf(scope, given, path) ?? [];
  return {
    ...scope.device(given.in, `${path}.in`),
    packets,
    flows,
    everyNs: every,
    layers,
    vary: vary.map(([name, count]) => {
      const [layer, field] = name.split('.') as [Layer['layer'], string];
      if (!layers.some((l) => l.layer === layer)) {
        scope.unknown(
          `${path}.vary.${name}`,
          name,
          'a field of a layer of these packets',
          layers.map((l) => l.layer),
        );
      }
      return { layer, field, count };
    }),
    order,
  };
}
