/** The namespaces of a scenario's node, and the veth pairs between them. */
import { deviceByName, type NetNs } from '../../../net/route/netns.ts';
import { buildNetNs } from '../../net/file/build.ts';
import type { ValueOf } from '../../net/file/parts.ts';
import { report, type Sink, say } from '../../net/file/shape.ts';
import { socketRequest } from '../../sockets/file.ts';
import type { Cable, NamespaceSpec, ScenarioSocket } from '../model.ts';
import type { namedSocket, node } from './node.ts';

export const HOST = 'host';

type NodeGiven = ValueOf<typeof node>;
type SpaceGiven = Pick<NodeGiven, 'devices' | 'sockets'> & { readonly nsid?: number };
type Raw = Readonly<Record<string, unknown>>;

/** A namespace as it was read, and as it stands in the file. */
interface Space {
  readonly name: string;
  readonly path: string;
  readonly given: SpaceGiven;
  readonly raw: Raw;
}

/** Devices and routes of all namespaces together: what a kernel of this kind is made for. */
const MOST_TOGETHER = {
  devices: 4096,
  routes: 4096,
  neighbours: 16_384,
  rules: 4096,
  sockets: 16_384,
  setup: 16_384,
};

/** A line can hold many commands. */
const MOST_COMMAND_TEXT = 65_536;

/** `NETNS/DEV`, or `DEV` of the namespace that is meant where none is named. */
export function placeOf(text: string, here = HOST): { readonly netns: string; readonly dev: string } {
  const [first, second] = text.split('/');
  return second === undefined ? { netns: here, dev: first! } : { netns: first!, dev: second };
}

/** Makes the namespaces; what is wrong is told. The first is the host's. */
export function readNamespaces(sink: Sink, given: NodeGiven, raw: Raw): readonly NamespaceSpec[] {
  const below = (raw.namespaces ?? {}) as Readonly<Record<string, Raw>>;
  const spaces: Space[] = [
    { name: HOST, path: 'node', given, raw },
    ...(given.namespaces ?? []).map(([name, one]) => ({
      name,
      path: `node.namespaces.${name}`,
      given: one,
      raw: below[name]!,
    })),
  ];
  if (spaces.filter((s) => s.name === HOST).length > 1) {
    report(sink, `node.namespaces.${HOST}`, HOST, 'a name other than host, which is the namespace of node itself');
    return [];
  }
  for (const [key, most] of Object.entries(MOST_TOGETHER)) {
    const count = spaces.reduce((sum, s) => sum + ((s.raw[key] as readonly unknown[] | undefined)?.length ?? 0), 0);
    if (count > most)
      say(sink, 'file-why', 'node', { why: `${count} ${key} in all namespaces, wanted: at most ${most}` });
  }
  const commands = spaces.flatMap((s) => (s.raw.setup as readonly string[] | undefined) ?? []);
  const characters = commands.reduce((sum, line) => sum + line.length, 0);
  if (characters > MOST_COMMAND_TEXT) {
    say(sink, 'file-why', 'node', { why: `${characters} characters of setup, wanted: at most ${MOST_COMMAND_TEXT}` });
  }
  const ids = new Map<number, string>();
  for (const { path, given: one } of spaces) {
    if (one.nsid === undefined) continue;
    if (ids.has(one.nsid)) report(sink, `${path}.nsid`, one.nsid, `an id that ${ids.get(one.nsid)} does not have`);
    ids.set(one.nsid, path);
  }
  if (sink.problems.length > 0) return [];
  const cables = readCables(sink, spaces);
  if (sink.problems.length > 0) return [];
  return spaces.map((space, number) => makeSpace(sink, space, number, cables.get(space.name) ?? []));
}

/** The ends of pairs between namespaces, by namespace. Either end may name the other. */
function readCables(sink: Sink, spaces: readonly Space[]): ReadonlyMap<string, readonly Cable[]> {
  const ends = new Map<string, { readonly cable: Cable; readonly path: string }>();
  const entries = new Map<string, { readonly type?: string; readonly peer?: string; readonly path: string }>();
  for (const { name, path, given } of spaces) {
    for (const [i, device] of (given.devices ?? []).entries()) {
      entries.set(`${name}/${device.name}`, { ...device, path: `${path}.devices[${i}]` });
    }
  }
  const join = (key: string, cable: Cable, path: string): void => {
    const before = ends.get(key);
    if (before && (before.cable.peerNs !== cable.peerNs || before.cable.peerDev !== cable.peerDev)) {
      report(
        sink,
        path,
        `${cable.peerNs}/${cable.peerDev}`,
        `${before.cable.peerNs}/${before.cable.peerDev}, which ${before.path} says is its other end`,
      );
    } else if (!before) ends.set(key, { cable, path });
  };
  for (const [key, { peer, path }] of entries) {
    if (peer === undefined) continue;
    const here = placeOf(key);
    const there = placeOf(peer, here.netns);
    const at = `${path}.peer`;
    if (there.netns === here.netns && !peer.includes('/')) continue;
    const space = spaces.find((s) => s.name === there.netns);
    if (!space || there.netns === here.netns || peer.split('/').length > 2 || there.dev === '') {
      const others = spaces.filter((s) => s.name !== here.netns).map((s) => s.name);
      report(sink, at, peer, `a device of this namespace, or NETNS/DEV of another: ${others.join(', ')}`);
      continue;
    }
    const other = entries.get(peer);
    const type = [entries.get(key), other].find((e) => e?.type !== undefined && e.type !== 'veth');
    if (type) {
      report(sink, `${type.path}.type`, type.type, 'veth, or no type: it is an end of a pair');
      continue;
    }
    if (other?.peer !== undefined && !other.peer.includes('/')) {
      report(sink, `${other.path}.peer`, other.peer, `${key}, which names it as its other end`);
      continue;
    }
    join(key, { dev: here.dev, peerNs: there.netns, peerDev: there.dev }, at);
    join(peer, { dev: there.dev, peerNs: here.netns, peerDev: here.dev }, at);
  }
  const bySpace = new Map<string, Cable[]>();
  for (const [key, { cable }] of ends) {
    const { netns } = placeOf(key);
    bySpace.set(netns, [...(bySpace.get(netns) ?? []), cable]);
  }
  return bySpace;
}

/** MAC addresses that say where a device is: those of the host are as in node files. */
function macOf(number: number): ((ifindex: number) => Uint8Array) | undefined {
  if (number === 0) return undefined;
  return (ifindex) => Uint8Array.of(0x02, 0x63, number >> 8, number, ifindex >> 8, ifindex);
}

function makeSpace(outer: Sink, space: Space, number: number, cables: readonly Cable[]): NamespaceSpec {
  const { name, path, given, raw } = space;
  const sink: Sink = { ...outer, under: path };
  const own = Array.isArray(raw.devices) ? raw.devices : [];
  const missing = cables.filter((c) => !(given.devices ?? []).some((d) => d.name === c.dev));
  const devices = [...own, ...missing.map((c) => ({ name: c.dev }))];
  const defaultMac = macOf(number);
  const built = buildNetNs(
    sink,
    { ...raw, devices },
    {
      cables: new Set(cables.map((c) => c.dev)),
      ...(defaultMac && { defaultMac }),
    },
  );
  const net = { ...built, cookie: number + 1 };
  for (const { dev, peerNs, peerDev } of cables) {
    if (deviceByName(net, dev)?.peer === undefined) continue;
    report(sink, 'devices', dev, `a device whose other end is ${peerNs}/${peerDev}; it has one in ${name}`);
  }
  const sockets = (given.sockets ?? []).flatMap((one, i) => {
    const made = makeSocket(sink, net, one, `sockets[${i}]`);
    return made ? [{ ...made, path: `${path}.${made.path}` }] : [];
  });
  return { name, ...(given.nsid !== undefined && { nsid: given.nsid }), net, cables, sockets };
}

/** A socket from its record; undefined where its device is not there. */
export function makeSocket(
  sink: Sink,
  net: NetNs,
  given: ValueOf<typeof namedSocket>,
  path: string,
): ScenarioSocket | undefined {
  const { name, cgroup = '/', serve = { kind: 'sink' }, ...rest } = given;
  const request = socketRequest(sink, net, rest, path);
  return request && { ...request, name: name ?? `${rest.proto}:${rest.addr}:${rest.port}`, cgroup, serve, path };
}
