import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packExtension } from '../../scripts/vscode/pack.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'bpflab-vsix-'));
const unpacked = join(dir, 'unpacked');
const extension = join(unpacked, 'extension');
const own = JSON.parse(readFileSync(join(ROOT, 'editors/vscode/package.json'), 'utf8'));
let packed: ReturnType<typeof packExtension>;

/** Unpacks with a reader that is not ours, which checks every CRC. */
const UNZIP = `
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
assert z.namelist() == sorted(z.namelist(), key=lambda n: n.encode('utf-16-be'))
z.extractall(sys.argv[2])
print(len(z.namelist()))
`;

beforeAll(() => {
  packed = packExtension(ROOT);
  const path = join(dir, packed.name);
  writeFileSync(path, packed.bytes);
  const { status, stderr, stdout } = spawnSync('python3', ['-c', UNZIP, path, unpacked], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(Number(stdout)).toBeGreaterThan(200);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('the same files give the same bytes', () => {
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  expect(hash(packExtension(ROOT).bytes)).toBe(hash(packed.bytes));
  expect(packed.name).toBe(`bpflab-${own.version}.vsix`);
});

test('the manifest says what package.json says', () => {
  const xml = readFileSync(join(unpacked, 'extension.vsixmanifest'), 'utf8');
  const attribute = (name: string) => new RegExp(`<Identity [^>]*\\b${name}="([^"]*)"`).exec(xml)?.[1];
  expect(attribute('Id')).toBe(own.name);
  expect(attribute('Version')).toBe(own.version);
  expect(attribute('Publisher')).toBe(own.publisher);
  expect(/Code\.Engine" Value="([^"]*)"/.exec(xml)?.[1]).toBe(own.engines.vscode);
  expect(/<DisplayName>(.*)</.exec(xml)?.[1]).toBe(own.displayName);
  const assets = [...xml.matchAll(/<Asset [^>]*Path="([^"]*)"/g)].map(([, path]) => path!);
  expect(assets.length).toBeGreaterThan(2);
  for (const path of assets) expect(existsSync(join(unpacked, path)), path).toBe(true);
  const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(own.version).toBe(root.version);
});

test('what package.json names is there', () => {
  const { languages, grammars } = own.contributes;
  for (const path of [
    own.main,
    languages[0].configuration,
    grammars[0].path,
    'README.md',
    'data/words.json',
    'data/packet.json',
  ])
    expect(existsSync(join(extension, path)), path).toBe(true);
});

function node(...args: string[]) {
  return spawnSync(process.execPath, args, { encoding: 'utf8', cwd: dir });
}

test('the bpflab inside runs by itself', () => {
  const main = join(extension, 'bpflab/dist/cli/main.js');
  const { status, stdout } = node(main, '--version');
  expect(status).toBe(0);
  expect(stdout).toContain(own.version);
  const program = join(ROOT, 'programs/hello/count.bpf');
  const verified = JSON.parse(node(main, 'verify', '--json', '--explain', '--', program).stdout);
  expect(verified.ok).toBe(true);
  const positions = JSON.parse(node(join(extension, 'out/positions.js'), join(extension, 'bpflab'), program).stdout);
  const [first] = Object.values(positions) as { file: string; line: number }[][];
  const { file, line } = first![0]!;
  expect(file).toBe(program);
  expect(readFileSync(program, 'utf8').split('\n')[line - 1]).toMatch(/\br\d/);
});
