/** Every program in every build that anybody is told to make: what the kernel has to accept. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { readScenario } from '../../src/kernel/scenario/file/index.ts';
import type { ProgramFile } from '../../src/kernel/scenario/model.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { requestOf } from './assembleFile.ts';
import { FOLDERS, scenariosOf } from './scenarios/run.ts';

const ROOT = resolve(import.meta.dirname, '../../programs');

const FILES = [
  'hello/count',
  'hello/drop-port',
  'hello/limit',
  'hello/connect',
  'node/route',
  'conntrack/firewall',
  'lb/tc',
  'lb/xdp',
  'lb/node',
  'gc/iter',
  'gc/timer',
  'gc/sk-keys',
  'gc/lb-storage',
  'gc/snat-map',
  'sockets/tc',
  'sockets/xdp',
];

const BUILDS: Readonly<Record<string, Readonly<Record<string, bigint>>>> = {
  default: {},
  'TEST_CLOCK=1': { TEST_CLOCK: 1n },
  'POLICY_ASK_ESTABLISHED=1': { POLICY_ASK_ESTABLISHED: 1n },
  settings: {
    CT_CONNECTION_LIFETIME_TCP: 3600n,
    CT_CONNECTION_LIFETIME_NONTCP: 30n,
    CT_SERVICE_LIFETIME_TCP: 3600n,
    CT_SERVICE_LIFETIME_NONTCP: 30n,
    CT_SYN_TIMEOUT: 20n,
    CT_CLOSE_TIMEOUT: 5n,
    CT_REPORT_INTERVAL: 1n,
    CT_REPORT_FLAGS: 0xffn,
    TRACE_PAYLOAD_LEN: 64n,
    CT_MAX_TCP: 524288n,
    CT_MAX_ANY: 262144n,
    PORT: 23n,
    MAX_PACKETS: 3n,
  },
};

export interface Build {
  readonly name: string;
  readonly request: LoadRequest;
}

/** A build that only some files have. */
const only = (file: string, define: string): Build => ({
  name: `${file}.bpf ${define}=1`,
  request: requestOf(`${file}.bpf`, { [define]: 1n }),
});
const SPECIAL: readonly Build[] = [
  only('gc/sk-storage', 'GC_AT_DESTRUCT'),
  only('gc/f-create', 'GC_AT_DESTRUCT'),
  ...['lb/tc', 'lb/xdp', 'lb/node', 'gc/sk-keys', 'conntrack/firewall'].map((file) => only(file, 'CT_SIGNAL')),
];

/** A program file as a scenario loads it. */
type Loaded = Pick<ProgramFile, 'file' | 'define' | 'verify' | 'allow'>;

/** What a scenario loads and wants accepted as the kernel would, its files from programs/ on. */
function loadedBy(path: string): readonly Loaded[] {
  const read = readScenario(parse(readFileSync(resolve(ROOT, path), 'utf8')), path);
  if (!read.ok) throw new Error(path);
  const { programs, steps } = read.value;
  const later = steps.flatMap(({ action }) => (action.do === 'load' ? [action.program] : []));
  return [...programs, ...later]
    .filter(({ verify, allow }) => verify !== 'skip' && typeof verify !== 'object' && (allow ?? []).length === 0)
    .map((program) => ({ ...program, file: join(dirname(path), program.file) }));
}

/** Builds of the scenarios that are none of those that the pages name. */
function scenarioBuilds(known: readonly Build[]): readonly Build[] {
  const names = new Set(known.map(({ name }) => name));
  const found = new Map<string, Build>();
  for (const path of FOLDERS.flatMap(scenariosOf)) {
    for (const { file, define } of loadedBy(path)) {
      const values = Object.entries(define).sort(([a], [b]) => (a < b ? -1 : 1));
      const name = `${file} ${values.map(([key, value]) => `${key}=${value}`).join(' ') || 'default'}`;
      // The kernel's word on rejections and their twins is in another file.
      if (file.startsWith('rejections/') || names.has(name) || found.has(name)) continue;
      const defines = Object.fromEntries(values.map(([key, value]) => [key, BigInt(value)]));
      found.set(name, { name, request: requestOf(file, defines) });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function builds(): Build[] {
  const all = FILES.flatMap((file) =>
    Object.entries(BUILDS).map(([build, defines]) => ({
      name: `${file}.bpf ${build}`,
      request: requestOf(`${file}.bpf`, defines),
    })),
  );
  const named = [...all, ...SPECIAL];
  return [...named, ...scenarioBuilds(named)];
}

/** The one that the kernel has to refuse, with its whole log: what it says is in test/recorded/programs/sk-storage.log. */
export function rejectedRequest(): LoadRequest {
  return { ...requestOf('gc/sk-storage.bpf'), log_level: 2 };
}

/** What was accepted, by program: a digest of its insns and their map references. */
export function digests(request: LoadRequest): Record<string, string> {
  return Object.fromEntries(
    (request.progs ?? [request]).map((prog) => [
      prog.name ?? '',
      createHash('sha256')
        .update(JSON.stringify([prog.prog_type, prog.license, prog.insns, prog.map_relocs]))
        .digest('hex')
        .slice(0, 16),
    ]),
  );
}
