/** Sessions over small texts, for tests. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import type { SessionInput, SessionPacket } from '../../../src/debug/session/input.ts';
import { Session } from '../../../src/debug/session/session.ts';
import type { ProgramFiles } from '../../../src/debug/symbols.ts';
import { readCapture } from '../../../src/net/capture.ts';
import { problemText, type Result } from '../../../src/util/problem.ts';

export function need<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.problems.map(problemText).join('; '));
}

/** A text, or a file of the repository, as a session's input. */
export function inputOf(text: string, more: Partial<SessionInput> = {}, file = 'test.bpf'): SessionInput {
  const texts: Record<string, string> = { [file]: text };
  const { object, problems } = assemble(text, {
    file,
    readFile: (name, from) => {
      const path = join(dirname(from), name);
      texts[path] = readFileSync(path, 'utf8');
      return texts[path];
    },
  });
  if (!object) throw new Error(problems.map(problemText).join('; '));
  const files: ProgramFiles = {
    programs: object.programs.map(({ name, functions, labels, positions }) => ({
      name,
      functions,
      labels,
      positions: positions.map((pos) => pos && { pos }),
    })),
    texts,
  };
  const bare = object.programs.every((p) => p.section === '.text');
  const request = need(toRequest(object, bare ? { progType: 'xdp' } : {}));
  const packets: SessionPacket[] = [{ bytes: new Uint8Array(64) }];
  return { name: file, request, files, packets, progs: [], ...more };
}

export function sessionOf(text: string, more: Partial<SessionInput> = {}, file = 'test.bpf'): Session {
  return need(Session.open(inputOf(text, more, file)));
}

/** A file of the repository. */
export function fileInput(path: string, more: Partial<SessionInput> = {}): SessionInput {
  return inputOf(readFileSync(path, 'utf8'), more, path);
}

const CHAINS: Readonly<Record<string, readonly string[]>> = { eth0: ['xdp_main', 'tc_main'], lxc: ['tc_main'] };

/** The whole datapath over the capture of a node: two hooks, 48 packets or so. */
function nodeInput(more: Partial<SessionInput> = {}): SessionInput {
  const { capture } = readCapture(readFileSync('programs/demo/node.pcapng'));
  const packets = capture!.packets.map((p): SessionPacket => {
    const name = capture!.interfaces[p.interface]?.name ?? '';
    return { bytes: p.bytes, timeNs: p.timeNs, progs: CHAINS[name] ?? [] };
  });
  const maps = [
    { file: 'maps.json', map: '', content: JSON.parse(readFileSync('programs/demo/maps.json', 'utf8')) as unknown },
  ];
  const path = 'programs/lb/node.bpf';
  return inputOf(readFileSync(path, 'utf8'), { packets, maps, ...more }, path);
}

export function nodeSession(more: Partial<SessionInput> = {}): Session {
  return need(Session.open(nodeInput(more)));
}

export function fileSession(path: string, more: Partial<SessionInput> = {}): Session {
  return need(Session.open(fileInput(path, more)));
}

/** Two pods on a node whose programs count what passes; one calls the other and hangs up. */
const SCENARIO = {
  bpflab: 1,
  name: 'two pods',
  node: {
    sysctls: { 'net.ipv4.ip_forward': 1 },
    devices: [
      { name: 'lxc10', peer: 'client/eth0', addresses: ['10.0.1.1/32'] },
      { name: 'lxc20', peer: 'web/eth0' },
    ],
    routes: [
      { to: '10.0.1.10', dev: 'lxc10' },
      { to: '10.0.1.20', dev: 'lxc20' },
    ],
    namespaces: Object.fromEntries(
      (['client', 'web'] as const).map((name, i) => [
        name,
        {
          devices: [{ name: 'eth0', addresses: [`10.0.1.${10 * (i + 1)}/32`] }],
          routes: [
            { to: '10.0.1.1', dev: 'eth0', scope: 'link' },
            { to: 'default', via: '10.0.1.1', dev: 'eth0' },
          ],
          ...(name === 'web' && {
            sockets: [{ name: 'web', proto: 'tcp', addr: '10.0.1.20', port: 80, serve: { reply: 'hello' } }],
          }),
        },
      ]),
    ),
  },
  programs: [
    {
      file: 'count.bpf',
      attach: [
        { prog: 'count', hook: 'tc_ingress', dev: 'lxc10' },
        { prog: 'count', hook: 'tcx_egress', dev: 'lxc10' },
      ],
    },
  ],
  steps: [
    { connect: { socket: 'c1', netns: 'client', to: '10.0.1.20:80' } },
    { send: { socket: 'c1', data: 'GET /' } },
    { close: 'c1' },
    { advance: '61s' },
  ],
};

const COUNT = `.map counts, type=hash, key=u32, value=u64, max_entries=8
.section "tc"
count:
    r6 = *(u32 *)(r1 + __sk_buff.len)
    *(u32 *)(r10 - 4) = r6
    *(u64 *)(r10 - 16) = 1
    r2 = r10
    r2 += -4
    r1 = counts ll
    call bpf_map_lookup_elem
    if r0 != 0 goto known
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -16
    r1 = counts ll
    r4 = BPF_ANY
    call bpf_map_update_elem
    goto done
known:
    r1 = 1
    lock *(u64 *)(r0 + 0) += r1
done:
    r0 = TC_ACT_OK
    exit
`;

/** A scenario as a session. */
export function scenarioSession(): Session {
  const input = inputOf(COUNT, {}, 'count.bpf');
  const requests = [{ file: 'count.bpf', define: {}, request: input.request }];
  const scenario = { json: SCENARIO, requests, captures: {}, maps: {} };
  return need(Session.open({ ...input, packets: [], scenario }));
}
