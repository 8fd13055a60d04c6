/** What the steps of a scenario can name: it grows and shrinks from step to step. */

import type { NetNs } from '../../../net/route/netns.ts';
import { suggest } from '../../../util/suggest.ts';
import { report, type Sink } from '../../net/file/shape.ts';
import type { NodeSpec } from '../model.ts';
import { HOST, placeOf } from './namespaces.ts';

/** What has been named so far, while a file is read. */
export class Scope {
  readonly sink: Sink;
  readonly cpus: number;
  readonly #nets: Map<string, NetNs>;
  readonly #cgroups: ReadonlySet<string>;
  /** Sockets by name, and whether they are still in use. */
  readonly #sockets = new Map<string, boolean>();
  /** Whether an agent is there to be restarted. */
  agent = false;

  constructor(sink: Sink, node: NodeSpec) {
    this.sink = sink;
    this.cpus = node.cpus;
    this.#nets = new Map(node.namespaces.map((n) => [n.name, n.net]));
    this.#cgroups = new Set(['/', ...node.cgroups]);
  }

  /** A namespace's network, or undefined once the problem is told. */
  net(name: string, path: string): NetNs | undefined {
    const net = this.#nets.get(name);
    if (!net) this.unknown(path, name, 'the name of a namespace', this.#nets.keys());
    return net;
  }

  /** Commands have changed a namespace. */
  changed(name: string, net: NetNs): void {
    this.#nets.set(name, net);
  }

  /** A device by its place. */
  device(text: string, path: string): { readonly netns: string; readonly dev: string } {
    const place = placeOf(text);
    const net = this.#nets.get(place.netns);
    if (!net) this.unknown(path, text, 'NETNS/DEV of a namespace', this.#nets.keys());
    else if (!net.devices.some((d) => d.name === place.dev)) {
      const of = place.netns === HOST ? '' : `${place.netns}/`;
      this.unknown(
        path,
        text,
        'the name of a device',
        net.devices.map((d) => `${of}${d.name}`),
      );
    }
    return place;
  }

  cgroup(path: string, at: string): void {
    if (!this.#cgroups.has(path)) this.unknown(at, path, 'a cgroup of node.cgroups', this.#cgroups);
  }

  /** A socket gets a name, which no other may have as long as it is open. */
  open(name: string, path: string): void {
    if (this.#sockets.get(name)) report(this.sink, path, name, 'a name that no open socket has');
    this.#sockets.set(name, true);
  }

  close(name: string): void {
    if (this.#sockets.has(name)) this.#sockets.set(name, false);
  }

  /** A socket that was opened before; `LISTENER#1` is the first that a listener accepted. */
  socket(name: string, path: string): void {
    const [, listener] = /^(.+)#[1-9]\d{0,8}$/s.exec(name) ?? [];
    if (this.#sockets.has(listener ?? name)) return;
    this.unknown(path, name, 'a socket that was opened before', this.#sockets.keys());
  }

  unknown(path: string, found: string, wanted: string, known: Iterable<string>): void {
    const names = [...known];
    const near = suggest(found, names);
    const few = names.length > 20 ? `${names.slice(0, 20).join(', ')} …` : names.join(', ');
    const which = near === undefined ? few || 'there are none' : `did you mean ${near}?`;
    report(this.sink, path, found, `${wanted}: ${which}`);
  }
}
