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
export function nodeInput(more: Partial<SessionInput> = {}): SessionInput {
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
