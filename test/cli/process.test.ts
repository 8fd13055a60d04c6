import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCapture } from '../../src/net/capture.ts';
import { inTemp, NODE_RUN, ROOT } from './harness.ts';

const COMMAND = ['--import', 'tsx', join(ROOT, 'src/cli/main.ts')];
const spawnBpflab = (args: readonly string[], options: { input?: string; env?: Record<string, string> } = {}) =>
  spawnSync(process.execPath, [...COMMAND, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    input: options.input ?? '',
    env: { ...process.env, ...options.env },
  });

describe('the command itself', () => {
  test('tells its version and reads standard input', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(spawnBpflab(['--version']).stdout).toBe(`${version}\n`);
    const ran = spawnBpflab(['conformance'], { input: 'b7 00 00 00 2a 00 00 00\n95 00 00 00 00 00 00 00\n' });
    expect(ran).toMatchObject({ status: 0, stdout: '2a\n', stderr: '' });
  });

  test('colours only where it is asked to', () => {
    const run = ['run', '-', '--packet', '00'.repeat(14)];
    const input = 'r0 = 2\nexit\n';
    const plain = { NO_COLOR: '', FORCE_COLOR: '' };
    expect(spawnBpflab(run, { input, env: plain }).stdout).not.toContain('\x1b');
    expect(spawnBpflab(run, { input, env: { ...plain, FORCE_COLOR: '1' } }).stdout).toContain('\x1b[32mXDP_PASS');
    expect(spawnBpflab(run, { input, env: { NO_COLOR: '1', FORCE_COLOR: '1' } }).stdout).not.toContain('\x1b');
  });

  test('says what it cannot read or write, whatever that is', async () => {
    const said = (args: readonly string[]) => {
      const { status, stderr } = spawnBpflab(args);
      expect(status).toBe(2);
      return stderr;
    };
    await inTemp({ 'huge.bpf': '' }, async (at) => {
      truncateSync(at('huge.bpf'), 3 * 2 ** 30);
      expect(said(['asm', at('huge.bpf')])).toMatch(/^error: .*huge\.bpf: cannot be read \(it is too large\)\n$/);
    });
    if (process.platform !== 'linux') return;
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `"$0" "$@" > /dev/full`, process.execPath, ...COMMAND, '--help'],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe('error: standard output cannot be written (no space left)\n');
    expect(status).toBe(2);
    const stdin = spawnSync('sh', ['-c', `"$0" "$@" < /`, process.execPath, ...COMMAND, 'conformance'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(stdin).toMatchObject({ status: 2, stderr: 'error: standard input is a directory\n  help: give a file\n' });
  });

  test('is quiet when nobody reads on', async () => {
    const child = spawn(process.execPath, [...COMMAND, ...NODE_RUN, '--json'], { cwd: ROOT });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.destroy();
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('Ctrl-C leaves what was done in a whole file', async () => {
    await inTemp({ 'slow.bpf': 'r1 = 2000000\ntop: r1 += -1\nif r1 != 0 goto top\nr0 = 2\nexit\n' }, async (at) => {
      const out = at('out.pcapng');
      const args = ['run', at('slow.bpf'), '--pcap', 'programs/demo/demo.pcap', '--pcap-out', out, '--repeat', '50'];
      const child = spawn(process.execPath, [...COMMAND, ...args], { cwd: ROOT });
      let said = '';
      child.stderr.on('data', (chunk) => {
        said += chunk;
      });
      // The first packet is told: now it is at work, however long that took.
      child.stdout.once('data', () => child.kill('SIGINT'));
      const status = await new Promise((resolve) => child.on('close', resolve));
      expect(said).toMatch(/interrupted after \d+ of \d+ packets/);
      expect(status).toBe(130);
      expect(readCapture(readFileSync(out)).problems).toEqual([]);
      expect(readdirSync(at('')).sort()).toEqual(['out.pcapng', 'slow.bpf']);
    });
  });

  test.skipIf(process.platform === 'win32')(
    'output files keep links and modes, and devices are written to',
    async () => {
      await inTemp({ 'drop.bpf': 'r0 = 1\nexit\n', 'old.hex': 'old' }, async (at) => {
        chmodSync(at('old.hex'), 0o640);
        symlinkSync(at('old.hex'), at('link.hex'));
        expect(spawnBpflab(['asm', at('drop.bpf'), '-o', at('link.hex')]).status).toBe(0);
        expect(lstatSync(at('link.hex')).isSymbolicLink()).toBe(true);
        expect(readFileSync(at('old.hex'), 'utf8')).toBe('b7 00 00 00 01 00 00 00\n95 00 00 00 00 00 00 00\n');
        expect(statSync(at('old.hex')).mode & 0o777).toBe(0o640);
        expect(spawnBpflab(['asm', at('drop.bpf'), '-o', '/dev/null']).status).toBe(0);
        expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
        writeFileSync(at('plain'), '');
        const under = spawnBpflab(['asm', at('drop.bpf'), '-o', join(at('plain'), 'x')]);
        expect(under).toMatchObject({ status: 2 });
        expect(under.stderr).toMatch(/cannot be written/);
      });
    },
  );
});
