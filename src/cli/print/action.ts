/** What a step does, in words: a row an action. */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Action, AttachSpec, ConnectSpec, MapElements, Step } from '../../kernel/scenario/model.ts';
import { packetBytes } from '../../kernel/scenario/packets.ts';
import { packetLine } from '../../net/print.ts';

type ActionOf<K extends Action['do']> = Extract<Action, { readonly do: K }>;

const place = ({ netns, dev }: { readonly netns: string; readonly dev: string }): string =>
  netns === 'host' ? dev : `${netns}/${dev}`;

const inNetns = (netns: string): string => (netns === 'host' ? '' : ` in ${netns}`);

/** `10.96.0.80:80`, `[fd00::1]:80` */
function endpoint({ addr = '', port }: { readonly addr?: string; readonly port?: number }): string {
  const host = addr.includes(':') ? `[${addr}]` : addr;
  return port === undefined ? host : `${host}:${port}`;
}

const UNITS = [
  ['d', 86_400_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['min', 60_000_000_000n],
  ['s', 1_000_000_000n],
  ['ms', 1_000_000n],
  ['us', 1_000n],
  ['ns', 1n],
] as const;

/** `30 s`, `1 h 30 min` */
function durationWords(ns: bigint): string {
  let rest = ns;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = rest / size;
    rest %= size;
    if (count > 0n) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ') || '0 s';
}

const SHORT = 60;

/** Data as people read it; bytes that are no text in hexadecimal. */
function dataWords(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  const words = /^[\P{C}\s]*$/u.test(text) ? JSON.stringify(text) : Buffer.from(bytes).toString('hex');
  return words.length > SHORT ? `${words.slice(0, SHORT)}… (${bytes.length} bytes)` : words;
}

function attachWords({ prog, hook, netns, dev, cgroup, mode }: AttachSpec): string {
  const where = cgroup ?? (dev === undefined ? netns : place({ netns, dev }));
  return `${prog} ${hook} ${where}${mode === 'generic' ? ' (generic)' : ''}`;
}

/** `services (3), backends (1)` */
function elementsWords(maps: readonly MapElements[]): string {
  return maps.map(({ map, elements }) => `${map} (${elements.length})`).join(', ');
}

function connectWords({ socket, netns, proto, to, from, cgroup }: ConnectSpec): string {
  const source = from ? ` from ${endpoint(from)}` : '';
  const group = cgroup === '/' ? '' : ` cgroup ${cgroup}`;
  return `${socket}${proto === 'udp' ? ' udp' : ''} ${netns} -> ${endpoint(to)}${source}${group}`;
}

/** The arguments of an action; its name stands before them. */
const WORDS: { readonly [K in Action['do']]: (action: ActionOf<K>, kernel: Kernel, step: Step) => string } = {
  packet(action, kernel, step) {
    const bytes = packetBytes(kernel, action, `${step.path}.packet`);
    const times = action.times > 1 ? `${action.times} x ` : '';
    const stops = action.interleave.map(
      ({ cpu, at, nth }) => `; cpu ${cpu} stops at ${at}${nth > 1 ? ` (${nth})` : ''}`,
    );
    return `${times}${place(action)}: ${bytes.ok ? packetLine(bytes.value) : 'cannot be built'}${stops.join('')}`;
  },
  pcap: (action) => `${action.file} -> ${place(action)}${action.time ? '' : ' (time stands still)'}`,
  traffic: (action) =>
    `${place(action)}: ${action.packets} packets of ${action.flows} flow${action.flows === 1 ? '' : 's'}, one every ${durationWords(action.everyNs)}`,
  advance: ({ ns }) => durationWords(ns),
  open: ({ netns, socket }) => `${socket.name}${inNetns(netns)}`,
  connect: (action) => connectWords(action),
  send: ({ socket, bytes, to }) => `${socket}${to ? ` -> ${endpoint(to)}` : ''}: ${dataWords(bytes)}`,
  close: ({ socket }) => socket,
  abort: ({ socket }) => socket,
  set: ({ netns, commands }) => `${netns === 'host' ? '' : `${netns}: `}${commands.join('; ')}`,
  update: ({ maps }) => elementsWords(maps),
  delete: ({ maps }) => elementsWords(maps),
  load: ({ program }) => [program.file, ...program.attach.map(attachWords)].join(', '),
  attach: ({ attach }) => attachWords(attach),
  detach: ({ attach }) => attachWords(attach),
  run: ({ prog, data }) => `${prog}${data && data.length > 0 ? ` on ${data.length} bytes` : ''}`,
  iterate: ({ prog, map }) => `${prog} over ${map}`,
  walk: ({ map }) => map,
  agent: ({ agent }) =>
    Object.keys(agent).length > 0 ? `starts again with other ${Object.keys(agent).join(', ')}` : 'starts again',
  gc: () => 'the agent collects garbage',
  show: ({ map, group }) => `${map}${group === undefined ? '' : ` by ${group}`}`,
};

/** A step's action in one line: its name and what it is done with. */
export function actionWords(step: Step, kernel: Kernel): { readonly name: string; readonly words: string } {
  const { action } = step;
  const words = (WORDS[action.do] as (action: Action, kernel: Kernel, step: Step) => string)(action, kernel, step);
  return { name: action.do, words: step.cpu === 0 ? words : `${words} (cpu ${step.cpu})` };
}
