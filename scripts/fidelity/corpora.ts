/** The programs that fidelity is measured on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { LoadRequest } from '../../src/spec/request.ts';
import { builds } from '../../test/programs/accepted.ts';
import { requestOf } from '../../test/programs/assembleFile.ts';
import { HAND_GROUPS } from '../../test/verifier/hand/requests.ts';
import { requests } from '../../test/verifier/programs.ts';

/** Where the real kernel is. */
export const ORACLE_DIR = process.env.ORACLE_DIR ?? join(homedir(), '.oracle');
const PROGRAMS = resolve(import.meta.dirname, '../../programs');

function selftests(): LoadRequest[] {
  return readFileSync(join(ORACLE_DIR, 'corpus/test_verifier.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as LoadRequest);
}

/** Some rejections are the assembler's. */
const isParsable = (path: string): boolean => !/^# EXPECT unparsable/m.test(readFileSync(path, 'utf8'));

/** Files that stand for themselves, below a folder of programs/. */
function standalone(folder: string): LoadRequest[] {
  const dir = join(PROGRAMS, folder);
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.bpf') && isParsable(join(dir, file)))
    .sort()
    .map((file) => ({ ...requestOf(`${folder}/${file}`), name: `${folder}/${file}` }));
}

/** Each corpus by name; the kernel's own tests are not ours and stay where they are. */
export const CORPORA: Readonly<Record<string, () => LoadRequest[]>> = {
  test_verifier: selftests,
  programs: () => [...builds().map(({ name, request }) => ({ ...request, name })), ...standalone('rejections')],
  tests: () => [...requests().values()],
  hand: () => [...HAND_GROUPS.files!().values()],
  tables: () => Object.entries(HAND_GROUPS).flatMap(([group, made]) => (group === 'files' ? [] : [...made().values()])),
};
