/** A scenario as a value: what `readScenario` makes of a file, and what `ScenarioRun` runs. docs/scenario.md describes the file. */
import type { LayerSpec } from '../../net/proto/protocols.ts';
import type { NetNs } from '../../net/route/netns.ts';
import type { MapTypeName } from '../../spec/mapTypes.ts';
import type { SocketRequest } from '../../spec/request.ts';
import type { Application } from '../node/apps.ts';
import type { LinkHook } from '../node/hooks.ts';

export type { Application } from '../node/apps.ts';

/** Where in the file something stands: `steps[3].packet.in`. The command line knows the line of each path. */
export type Path = string;

/** A socket that steps and expectations can name. */
export interface ScenarioSocket extends SocketRequest {
  /** Default: `proto:addr:port`. */
  readonly name: string;
  /** Path of its cgroup, `/` by default. */
  readonly cgroup: string;
  readonly serve: Application;
  readonly path: Path;
}

/** A network namespace of the node. The first is the host's own: `host`. */
export interface NamespaceSpec {
  readonly name: string;
  /** Its id as programs of the host name it; absent: none. */
  readonly nsid?: number;
  /** Devices, addresses, routes, rules, neighbours, sysctls: as a node file says. */
  readonly net: NetNs;
  /** Ends of veth pairs whose other end lies in another namespace. */
  readonly cables: readonly Cable[];
  readonly sockets: readonly ScenarioSocket[];
}

/** One end of a veth pair that leads into another namespace. */
export interface Cable {
  readonly dev: string;
  readonly peerNs: string;
  readonly peerDev: string;
}

/** The node of a scenario; the first namespace is the host's own. */
export interface NodeSpec {
  readonly cpus: number;
  readonly clockNs: bigint;
  readonly seed: number;
  /** What every byte of the stack holds when a program begins. */
  readonly stackFill: number;
  readonly namespaces: readonly NamespaceSpec[];
  /** Paths below the root cgroup, parents first: `/pods`, `/pods/client`. */
  readonly cgroups: readonly string[];
}

/** Where a program is attached. */
export interface AttachSpec {
  /** Name of the program in its file. */
  readonly prog: string;
  readonly hook: LinkHook;
  /** Of device hooks; `netns` is the namespace of the device, or of a sk_lookup program. */
  readonly dev?: string;
  readonly netns: string;
  /** Of cgroup hooks. */
  readonly cgroup?: string;
  /** XDP in the driver (default) or after the sk_buff was made. */
  readonly mode?: 'native' | 'generic';
  readonly path: Path;
}

/** A file of programs and what becomes of it. */
export interface ProgramFile {
  /** As written: relative to the scenario. */
  readonly file: string;
  readonly define: Readonly<Record<string, number>>;
  /** Rules of the verifier that are lifted. */
  readonly allow: readonly string[];
  /** What the verifier is to say: `accept` (default), words of its rejection, or nothing when it is not asked. */
  readonly verify: 'accept' | 'skip' | { readonly reject: string };
  /** Names of the programs of the file that are loaded; absent: all. */
  readonly progs?: readonly string[];
  /** Maps of the file to what they are called here. */
  readonly mapNames: Readonly<Record<string, string>>;
  readonly attach: readonly AttachSpec[];
  readonly path: Path;
}

/** Elements to be put into a map: keys and values by type or as bytes, in the form of `--map-init`. */
export interface MapElements {
  readonly map: string;
  readonly elements: readonly { readonly key?: unknown; readonly value?: unknown; readonly values?: unknown }[];
  readonly path: Path;
}

/** A packet that comes in at a device from outside. */
export interface PacketSpec {
  /** `netns/dev`. */
  readonly netns: string;
  readonly dev: string;
  /** Layers from the outermost on, or the bytes. */
  readonly layers?: readonly LayerSpec[];
  readonly bytes?: Uint8Array;
  readonly times: number;
}

/** Many packets of many flows: a template, and what differs from flow to flow and from packet to packet. */
export interface TrafficSpec {
  readonly netns: string;
  readonly dev: string;
  readonly packets: number;
  readonly flows: number;
  /** Nanoseconds between two packets. */
  readonly everyNs: bigint;
  readonly layers: readonly LayerSpec[];
  /** Field (`ipv4.src`) to how its value grows with the number of the flow: first value + flow % count. */
  readonly vary: readonly { readonly layer: string; readonly field: string; readonly count: number }[];
  /** `round`: flow 1, 2, 3 …; `random`: by chance, from the seed. */
  readonly order: 'round' | 'random';
}

/** A socket as a client of the scenario opens it. */
export interface ConnectSpec {
  readonly socket: string;
  readonly netns: string;
  readonly proto: 'tcp' | 'udp';
  readonly to: { readonly addr: string; readonly port: number };
  /** Absent: the route's source address and a port of the kernel's choice. */
  readonly from?: { readonly addr?: string; readonly port?: number };
  readonly cgroup: string;
  readonly serve: Application;
}

/** A suspension of a CPU at a lock point. */
export interface InterleaveSpec {
  readonly cpu: number;
  readonly at: string;
  readonly map?: string;
  readonly nth: number;
  /** Packets that other CPUs get through meanwhile. */
  readonly then: readonly { readonly cpu: number; readonly packet: PacketSpec }[];
}

/** A map that the agent wants: attributes that are absent are those of the programs. */
export interface AgentMapSpec {
  readonly type?: MapTypeName;
  readonly key_size?: number;
  readonly value_size?: number;
  readonly max_entries?: number;
  readonly map_flags?: number;
  /** Absent: true. */
  readonly persistent?: boolean;
}

/** The agent of the node: what it pins and how it collects garbage. */
export interface AgentSpec {
  /** Directory of the pins. */
  readonly pins: string;
  /** Maps that it opens or creates when it starts, with the attributes it wants. */
  readonly maps: Readonly<Record<string, AgentMapSpec>>;
  /** Conntrack maps that it collects, their NAT map, and how often: a fixed interval or the adaptive one. */
  readonly gc?: {
    readonly maps: readonly string[];
    readonly nat?: string;
    readonly interval: 'adaptive' | bigint;
    /** Whether it says how long what it deletes has been over. */
    readonly lateness?: boolean;
  };
}

/** Elements of a map, counted. */
export interface ShowSpec {
  readonly map: string;
  /** `value.rx_bytes`, `key.flags`: a line for each value of this member; absent: one line for all. */
  readonly group?: string;
  /** Which of them count: keys and values as expectations have them. */
  readonly where: { readonly key?: unknown; readonly value?: unknown };
  /** How many there ought to be. */
  readonly of?: number;
  /** Rows of tables of the same name are shown together. */
  readonly table?: string;
  readonly row?: string;
}

/** What a step does. */
export type Action =
  | ({ readonly do: 'packet'; readonly interleave: readonly InterleaveSpec[] } & PacketSpec)
  | { readonly do: 'pcap'; readonly netns: string; readonly dev: string; readonly file: string; readonly time: boolean }
  | ({ readonly do: 'traffic' } & TrafficSpec)
  /** Time passes. */
  | { readonly do: 'advance'; readonly ns: bigint }
  | { readonly do: 'open'; readonly netns: string; readonly socket: ScenarioSocket }
  | ({ readonly do: 'connect' } & ConnectSpec)
  | { readonly do: 'send'; readonly socket: string; readonly bytes: Uint8Array; readonly to?: ConnectSpec['to'] }
  | { readonly do: 'close'; readonly socket: string }
  | { readonly do: 'abort'; readonly socket: string }
  /** Command lines of `setup`, in a namespace. */
  | { readonly do: 'set'; readonly netns: string; readonly commands: readonly string[] }
  | { readonly do: 'update'; readonly maps: readonly MapElements[] }
  | { readonly do: 'delete'; readonly maps: readonly MapElements[] }
  | { readonly do: 'load'; readonly program: ProgramFile }
  | { readonly do: 'attach'; readonly attach: AttachSpec }
  | { readonly do: 'detach'; readonly attach: AttachSpec }
  /** A test run of a program, as bpf(2) does it: of a syscall program, or one that only sets things up. */
  | { readonly do: 'run'; readonly prog: string; readonly data?: Uint8Array; readonly ctx?: unknown }
  /** Reads an iterator's file from beginning to end. */
  | { readonly do: 'iterate'; readonly prog: string; readonly map: string }
  /** User space asks a map for its keys, one after the other. */
  | { readonly do: 'walk'; readonly map: string }
  /** The agent starts (again), with other settings if any are given. */
  | { readonly do: 'agent'; readonly agent: Partial<AgentSpec> }
  /** The agent's garbage collection, now. */
  | { readonly do: 'gc' }
  | ({ readonly do: 'show' } & ShowSpec);

/** Exact lines; `--update` writes them. */
export type Lines = readonly string[];

/** A packet that left the node, or part of what is known of it. */
export interface OutExpect {
  readonly netns: string;
  readonly dev: string;
  /** `ipv4.dst` to its value as text. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly bytes?: Uint8Array;
}

/** What a map is to hold. Keys and values by type or as bytes; of typed values only the given fields count. */
export interface MapExpect {
  readonly map: string;
  /** Number of elements. */
  readonly count?: number;
  readonly has: readonly { readonly key?: unknown; readonly value?: unknown }[];
  readonly lacks: readonly unknown[];
  /** The elements that the step changed, as the timeline prints them. */
  readonly changes?: Lines;
  readonly path: Path;
}

/** What is to be true after a step, or at the end. Everything that is absent may be anything. */
export interface Expect {
  /** The verdicts of the programs that ran, in order. */
  readonly verdicts?: readonly string[];
  /** The hops as the timeline prints them. */
  readonly path?: Lines;
  /** The packets that left through devices that lead outside, in order, all of them. */
  readonly out?: readonly OutExpect[];
  /** What changed in packets, `ipv4.dst 10.96.0.80 -> 10.0.2.30`. */
  readonly changes?: Lines;
  readonly maps?: readonly MapExpect[];
  /** Conntrack entries as `cilium bpf ct list global` prints them. */
  readonly ct?: Lines;
  /** What programs said: notifications in the manner of `cilium monitor`, trace lines; [] for silence. */
  readonly log?: Lines;
  /** The bytes of the records that programs wrote, `cilium_events: 0101…`. */
  readonly events?: Lines;
  /** What sockets have received since the step began, by name, as text. */
  readonly received?: Readonly<Record<string, string>>;
  /** States of sockets by name: `ESTABLISHED`; `gone` for one that is no more. */
  readonly sockets?: Readonly<Record<string, string>>;
  /** Errno of the step's system call, `ECONNREFUSED`; `ok`. */
  readonly result?: string;
  /** Why packets were dropped, in order. */
  readonly drops?: Lines;
  /** What the agent said. */
  readonly agent?: Lines;
  /** Nothing is expected yet: `--update` writes what was seen. */
  readonly record?: true;
  /** Where in the file. */
  readonly where: Path;
}

/** A step: one action, and what is to be true after it. */
export interface Step {
  /** 1 for the first. */
  readonly number: number;
  /** Said of it in the timeline. */
  readonly note?: string;
  /** On which CPU it happens. */
  readonly cpu: number;
  readonly action: Action;
  readonly expect?: Expect;
  readonly path: Path;
}

/** A scenario: a node, programs, what happens, and what is to come of it. */
export interface Scenario {
  readonly name: string;
  readonly about?: string;
  readonly node: NodeSpec;
  readonly programs: readonly ProgramFile[];
  readonly maps: readonly MapElements[];
  /** Files in the form of `--map-init`, relative to the scenario. */
  readonly mapFiles: readonly string[];
  readonly agent?: AgentSpec;
  readonly steps: readonly Step[];
  /** What is to be true at the end. */
  readonly expect?: Expect;
}
