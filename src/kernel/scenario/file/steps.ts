/** What a scenario file can do: a row an action; and the file as a whole. */
import { choice, integer, type Kind, says, text } from '../../net/file/kinds.ts';
import { forms, list, record } from '../../net/file/parts.ts';
import type { Shape } from '../../net/file/shape.ts';
import { SOCKET_NEEDS } from '../../sockets/file.ts';
import { data, serve } from './data.ts';
import { expectation } from './expect.ts';
import {
  anything,
  cgroupPath,
  devicePlace,
  duration,
  hex,
  MEMBER,
  newSocketName,
  socketName,
  source,
  target,
  texts,
  words,
} from './kinds.ts';
import { agent, attach, elements, keys, MOST_CPUS, NAMED_SOCKET, node, program, restart, theAgent } from './node.ts';
import { packet, traffic } from './packet.ts';

const NETNS = says(text, 'Network namespace.', '`host`');

const PCAP_TIME = choice({ capture: true, fixed: false } as const);

const pcap = record(
  'pcap',
  'The packets of a capture.',
  {
    in: says(devicePlace, 'The device that they come in at.'),
    file: says(text, 'The capture (pcap or pcapng), relative to the scenario.'),
    time: says(PCAP_TIME, 'Whether time passes between packets as in the capture, or stands still.', '`capture`'),
  },
  ['in', 'file'],
);

const open = record('open', 'A socket is opened.', { netns: NETNS, ...NAMED_SOCKET }, SOCKET_NEEDS);

const connect = record(
  'connect',
  'A client opens a socket and connects it.',
  {
    socket: says(newSocketName, 'What the socket is called from now on.'),
    netns: NETNS,
    to: says(target, 'Where to: `10.96.0.80:80`, `[fd00::1]:80`.'),
    proto: says(choice({ tcp: 'tcp', udp: 'udp' } as const), 'The protocol.', '`tcp`'),
    from: says(source, 'Its own address and port: `10.0.1.10:40000`, `:40000`, `10.0.1.10`.', "the kernel's choice"),
    cgroup: says(cgroupPath, 'The cgroup of the client.', '`/`'),
    serve: says(serve, 'What the client does with what it gets.', '`sink`'),
  },
  ['socket', 'to'],
);

const send = record(
  'send',
  'Data is sent through a socket.',
  {
    socket: says(socketName, 'The socket.'),
    data: says(data, 'The data: a text, or `{dns: …}`.'),
    hex: says(hex, 'The data, in hexadecimal.'),
    to: says(target, 'Where to, for UDP sockets that are not connected.'),
  },
  ['socket'],
  {
    check: (v) =>
      (v.data === undefined) === (v.hex === undefined) ? 'data (a text or dns) or hex, one of them' : undefined,
    also: { oneOf: [{ required: ['data'] }, { required: ['hex'] }] },
  },
);

const commandsIn = record(
  'set',
  'Commands in a namespace.',
  { netns: NETNS, commands: says(texts, 'Command lines, as in `setup` of a node file.') },
  ['commands'],
);

const run = record(
  'run',
  'A test run of a program.',
  {
    prog: says(text, 'Name of the program.'),
    data: says(hex, 'Its data.', 'none'),
    ctx: says(anything, 'Its context, by field.', 'zeros'),
  },
  ['prog'],
);

const iterate = record(
  'iterate',
  "An iterator's file is read from beginning to end.",
  { prog: says(text, 'Name of the iterator.'), map: says(text, 'The map that it walks.') },
  ['prog', 'map'],
);

const show = record(
  'show',
  "A map's elements, counted: lines of the step's path.",
  {
    map: says(text, 'The map.'),
    group: says(MEMBER, 'A member of the key or of the value: a line for each value that it has.', 'all together'),
    where: says(
      record('show_where', 'Which elements count.', {
        key: says(anything, 'Their keys; of typed ones only the given members count.', 'any'),
        value: says(anything, 'Their values, likewise.', 'any'),
      }),
      'Which elements count.',
      'all',
    ),
    of: says(integer(0, 4_294_967_295), 'How many there ought to be: the line also says how many are missing.'),
    table: says(text, 'A table of this name grows from step to step, and is shown as far as it has come.', 'none'),
    row: says(text, 'What stands at the beginning of the lines.', 'nothing'),
  },
  ['map'],
);

/** The actions by their key. */
export const ACTIONS = {
  packet: says(packet, 'A packet comes in from outside.'),
  pcap: says(pcap, 'The packets of a capture come in.'),
  traffic: says(traffic, 'Many packets of many flows come in.'),
  advance: says(duration, 'Time passes; what is due happens.'),
  open: says(open, 'A socket is opened.'),
  connect: says(connect, 'A client connects.'),
  send: says(send, 'Data is sent.'),
  close: says(socketName, 'A socket is closed.'),
  abort: says(socketName, 'A connection is reset.'),
  set: says(
    forms({ text: texts, list: texts, record: commandsIn }, 'text, list of text or set'),
    'Command lines change the network: `ip route add …`.',
  ),
  update: says(elements, 'Elements are put into maps.'),
  delete: says(keys, 'Keys are deleted from maps.'),
  load: says(program, 'Programs are loaded, and attached.'),
  attach: says(attach, 'A program is attached.'),
  detach: says(attach, 'A program is detached.'),
  run: says(forms({ text, record: run }), 'A test run of a program.'),
  iterate: says(iterate, "An iterator's file is read."),
  walk: says(text, 'User space walks a map, key by key: BPF_MAP_GET_NEXT_KEY.'),
  restart: says(restart, 'The agent starts again, with other settings if any are given.'),
  gc: says(theAgent, 'The agent collects garbage now.'),
  show: says(show, 'Elements of a map are counted.'),
} as const satisfies Shape;

export type ActionName = keyof typeof ACTIONS;
export const ACTION_NAMES = Object.keys(ACTIONS) as ActionName[];

/** A step: one action, and what is to be true then. */
export const step = record(
  'step',
  'One action, and what is to be true after it.',
  {
    note: says(words, 'Said of it in the timeline.', 'none'),
    cpu: says(integer(0, MOST_CPUS - 1), 'The CPU that it happens on.', '0'),
    ...ACTIONS,
    expect: says(expectation, 'What is to be true after it; `record` for what `--update` is to write.', 'anything'),
  },
  [],
  {
    check(given) {
      const actions = ACTION_NAMES.filter((name) => given[name] !== undefined);
      return actions.length === 1 ? undefined : `one action: one of ${ACTION_NAMES.join(', ')}`;
    },
    also: { oneOf: ACTION_NAMES.map((name) => ({ required: [name] })) },
  },
);

const version: Kind<1> = {
  read: (v) => (v === 1 ? 1 : undefined),
  wanted: '1, the version of the format',
  word: '1',
  schema: { const: 1 },
};

/** The file. */
export const scenario = record(
  'scenario',
  'A scenario: a node, programs, what happens, and what is to come of it.',
  {
    bpflab: says(version, 'Version of the format.'),
    name: says(text, 'What it is called.', 'the name of the file'),
    about: says(words, 'What it shows.', 'nothing'),
    node: says(node, 'The node.', 'one CPU, the loopback'),
    programs: says(list(program, 1024), 'Programs that are loaded in order before the first step.', 'none'),
    maps: says(elements, 'What maps hold before the first step.', 'nothing'),
    map_files: says(list(text, 1024), 'Files in the form of `--map-init`, relative to the scenario.', 'none'),
    agent: says(agent, 'The agent of the node.', 'none'),
    steps: says(list(step, 100_000), 'What happens, in order.', 'nothing'),
    expect: says(expectation, 'What is to be true at the end.', 'anything'),
  },
  ['bpflab'],
);
