/** What a scenario file says of the node: its namespaces, cgroups, programs, maps and agent. */
import { MAP_TYPES, type MapTypeName } from '../../../spec/mapTypes.ts';
import { RULES, type RuleName } from '../../../spec/rules.ts';
import { MOST, NAMESPACE } from '../../net/file/fields.ts';
import { choice, flag, integer, type Kind, says, text } from '../../net/file/kinds.ts';
import { as, forms, list, mapping, record } from '../../net/file/parts.ts';
import type { Shape } from '../../net/file/shape.ts';
import { HOOKS, type LinkHook } from '../../node/hooks.ts';
import { SOCKET, SOCKET_NEEDS } from '../../sockets/file.ts';
import { serve } from './data.ts';
import { anything, cgroupPath, devicePlace, duration, MAP_NAME, NAMESPACE_NAME, newSocketName } from './kinds.ts';

const U32 = 0xffff_ffff;

/** Sockets of scenarios have names, and somebody behind them. */
export const NAMED_SOCKET = {
  name: says(newSocketName, 'What steps and expectations call it.', '`PROTO:ADDR:PORT`'),
  ...SOCKET,
  cgroup: says(cgroupPath, 'The cgroup that it was opened in.', '`/`'),
  serve: says(serve, 'What the application behind it does with what it gets.', '`sink`'),
} as const satisfies Shape;

export const namedSocket = record('socket', 'A socket of the node.', NAMED_SOCKET, SOCKET_NEEDS);

const IN_NAMESPACE = {
  ...NAMESPACE,
  sockets: says(list(namedSocket, MOST.sockets), 'Sockets that are there from the beginning.', 'none'),
} as const satisfies Shape;

const namespace = record('namespace', 'A network namespace beside that of the host.', {
  nsid: says(integer(0, 0x7fff_ffff), 'Its id as programs of the host name it.', 'none'),
  ...IN_NAMESPACE,
});

export const MOST_CPUS = 64;

export const node = record('node', "The node. `devices` to `sockets` are of the host's own namespace.", {
  cpus: says(integer(1, MOST_CPUS), 'Number of CPUs.', '1'),
  clock: says(duration, 'Time since boot when the scenario begins.', '`1000s`'),
  seed: says(integer(0, U32), 'Seed of everything random.', '1'),
  stack: says(
    integer(0, 255),
    'What every byte of the stack holds when a program begins. Linux clears nothing: another value shows whether a program depends on bytes that it never wrote.',
    '0',
  ),
  ...IN_NAMESPACE,
  namespaces: says(mapping(NAMESPACE_NAME, namespace, 255), 'Other network namespaces by name.', 'none'),
  cgroups: says(list(cgroupPath, 4096), 'Cgroups below the root; those above them come along.', 'none'),
});

const HOOK_NAMES = Object.fromEntries(Object.keys(HOOKS).map((name) => [name, name])) as Record<LinkHook, LinkHook>;

/** What each kind of hook needs and cannot have. */
const PLACES = {
  device: { needs: 'dev', not: ['cgroup', 'netns'] },
  cgroup: { needs: 'cgroup', not: ['dev', 'netns', 'mode'] },
  netns: { needs: undefined, not: ['dev', 'cgroup', 'mode'] },
  function: { needs: undefined, not: ['dev', 'cgroup', 'netns', 'mode'] },
} as const;

const hooksOf = (of: string): string[] => Object.entries(HOOKS).flatMap(([name, row]) => (row.of === of ? [name] : []));

const ATTACH_ALSO = {
  allOf: [
    ...Object.entries(PLACES).map(([of, { needs, not }]) => ({
      if: { properties: { hook: { enum: hooksOf(of) } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nothing awaits a schema
      then: {
        ...(needs && { required: [needs] }),
        properties: Object.fromEntries(not.map((key) => [key, false])),
      },
    })),
    {
      if: { properties: { hook: { not: { const: 'xdp' } } } },
      // biome-ignore lint/suspicious/noThenProperty: see above
      then: { properties: { mode: false } },
    },
  ],
};

/** Where a program is attached. */
export const attach = record(
  'attach',
  'Where a program is attached.',
  {
    prog: says(text, 'Name of the program in its file.'),
    hook: says(choice(HOOK_NAMES), 'The hook.'),
    dev: says(devicePlace, 'The device, for xdp, tcx and tc: `eth0` of the host, `NETNS/DEV`.'),
    netns: says(text, 'The namespace, for sk_lookup.', '`host`'),
    cgroup: says(cgroupPath, 'The cgroup, for cgroup hooks.'),
    mode: says(
      choice({ native: 'native', generic: 'generic' } as const),
      'XDP: in the driver, or once the packet is an sk_buff.',
      '`native`',
    ),
  },
  ['prog', 'hook'],
  {
    check({ hook, ...given }) {
      const { needs, not } = PLACES[HOOKS[hook].of];
      if (needs && given[needs] === undefined)
        return `${needs}, the ${needs === 'dev' ? 'device' : 'cgroup'} of ${hook}`;
      const extra = not.find((key) => given[key] !== undefined);
      if (extra !== undefined) return `no ${extra} for ${hook}`;
      return given.mode !== undefined && hook !== 'xdp' ? `no mode for ${hook}` : undefined;
    },
    also: ATTACH_ALSO,
  },
);

const RULE_NAMES = Object.fromEntries(Object.keys(RULES).map((name) => [name, name])) as Record<RuleName, RuleName>;

const verify: Kind<'accept' | 'skip' | { readonly reject: string }> = forms({
  text: choice({ accept: 'accept', skip: 'skip' } as const),
  record: record(
    'rejection',
    'The verifier is to refuse the program.',
    { reject: says(text, 'Words of what it says.') },
    ['reject'],
  ),
});

const programOf = (file: string) =>
  ({
    file: says(text, file),
    define: says(
      mapping(
        { pattern: '^[A-Za-z_][A-Za-z0-9_]*$', wanted: 'the name of a constant', word: 'name' },
        integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
        1024,
      ),
      'Constants of the program text.',
      'none',
    ),
    allow: says(list(choice(RULE_NAMES), 64), 'Rules of the verifier that are lifted.', 'none'),
    verify: says(
      verify,
      'What the verifier is to say: `accept`, `{reject: WORDS}`; `skip` does not ask it.',
      '`accept`',
    ),
    progs: says(list(text, 1024), 'Programs of the file that are loaded.', 'all'),
    map_names: says(
      mapping(MAP_NAME, text, 1024),
      'Other names for maps of the file: what each is called here, as a loader puts the number of an endpoint into them. A file that is loaded again under the same names replaces what it loaded.',
      'none',
    ),
    attach: says(list(attach, 1024), 'Where programs are attached.', 'nowhere'),
  }) as const;

/** A file of programs. */
export const program = record(
  'program',
  'A file of programs: it is verified, loaded and attached.',
  programOf('The file (`.bpf` or a load request), relative to the scenario.'),
  ['file'],
);

const ELEMENT = {
  key: says(anything, "The key: by the map's type, as hex text or as a list of bytes."),
  value: says(anything, 'The value, likewise.'),
  values: says(anything, 'Of per-CPU maps: `[{cpu: 0, value: …}, …]`.'),
};
const element = record('element', 'An element of a map, as `--map-init` takes it.', ELEMENT);

/** Elements by map. */
export const elements = mapping(MAP_NAME, list(element, 1_000_000), 1024);
/** Keys by map. */
export const keys = mapping(MAP_NAME, list(anything, 1_000_000), 1024);

const interval: Kind<'adaptive' | bigint> = {
  read: (v): 'adaptive' | bigint | undefined => (v === 'adaptive' ? v : duration.read(v)),
  wanted: `adaptive, or ${duration.wanted}`,
  word: '`adaptive` or duration',
  schema: { anyOf: [{ const: 'adaptive' }, duration.schema] },
};

const MAP_TYPE_NAMES = Object.fromEntries(Object.keys(MAP_TYPES).map((name) => [name, name])) as Record<
  MapTypeName,
  MapTypeName
>;

const agentMap = record('agent_map', 'A map of the agent: the attributes that it wants.', {
  type: says(choice(MAP_TYPE_NAMES), 'Its type.', "the program's"),
  key_size: says(integer(0, U32), 'Bytes of a key.', "the program's"),
  value_size: says(integer(0, U32), 'Bytes of a value.', "the program's"),
  max_entries: says(integer(1, U32), 'Its size.', "the program's"),
  map_flags: says(integer(0, U32), 'Its flags.', "the program's"),
  persistent: says(flag, 'It outlives the agent: a map that is pinned is taken as it is.', 'true'),
});

const gc = record(
  'gc',
  'How the agent collects garbage.',
  {
    maps: says(list(text, 64), 'Conntrack maps that it collects.'),
    nat: says(text, 'Their NAT map.', 'none'),
    interval: says(interval, 'How often: a fixed time, or by how much there was to collect.', '`adaptive`'),
    lateness: says(flag, 'It also says how long what it deletes has been over.', 'false'),
  },
  ['maps'],
);

const AGENT = {
  pins: says(text, 'Directory of the pins.', '`/sys/fs/bpf/tc/globals`'),
  maps: says(mapping(MAP_NAME, agentMap, 1024), 'Maps that it opens or creates when it starts.', 'none'),
  gc: says(gc, 'Its garbage collection.', 'none'),
} as const;

/** The agent of the node. */
export const agent = record('agent', 'The agent of the node: what it pins, how it collects garbage.', AGENT);

/** The word `agent`. */
export const theAgent: Kind<'agent'> = choice({ agent: 'agent' } as const);

/** What an agent is started again with: nothing new, or other settings. */
export const restart = forms({ text: as(theAgent, () => ({})), record: agent });
