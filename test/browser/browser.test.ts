import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, posix, resolve, sep } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import { replayCapture } from '../../src/kernel/replay/replayCapture.ts';
import { bpflab, NODE_RUN } from '../cli/harness.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const REQUIRED = process.env.BPFLAB_REQUIRE_CHROMIUM === '1';
const MIME: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.mjs': 'text/javascript' };
const SOURCES = ['lb', 'conntrack'];

/** The system's browser: CHROMIUM_PATH, or the first of its usual names that is there. */
function findChromium(): string | undefined {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const found = spawnSync(process.platform === 'win32' ? 'where' : 'which', [name], { encoding: 'utf8' });
    if (found.status === 0) return found.stdout.split('\n')[0]!.trim();
  }
  return undefined;
}

const executablePath = findChromium();
if (!executablePath && !REQUIRED) {
  console.warn(
    'browser test skipped: no Chromium is installed (set CHROMIUM_PATH, or BPFLAB_REQUIRE_CHROMIUM=1 to insist)',
  );
}

/** Files of these directories as they are, on a port of localhost. */
function serve(dirs: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = posix.normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    if (path === '/') {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>bpflab</title>');
      return;
    }
    const [, top = '', ...rest] = path.split('/');
    const dir = dirs[top];
    const file = dir && join(dir, ...rest);
    if (!file?.startsWith(dir + sep) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.statusCode = 404;
      response.end();
      return;
    }
    response.setHeader('content-type', MIME[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

/** The programs' texts by path, so that includes can be looked up without waiting. */
function sources(): Record<string, string> {
  const paths = SOURCES.flatMap((dir) =>
    readdirSync(join(ROOT, 'programs', dir))
      .filter((name) => name.endsWith('.bpf'))
      .map((name) => `programs/${dir}/${name}`),
  );
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

const ON = { eth0: ['xdp_main', 'tc_main'], lxc: ['tc_main'] };

/** The demo with the library alone; the page below does the same. */
function demoHere(): string {
  const texts = sources();
  const { object, problems } = assemble(texts['programs/lb/node.bpf']!, {
    file: 'programs/lb/node.bpf',
    readFile: (path, from) => texts[posix.join(posix.dirname(from), path)],
  });
  expect(problems).toEqual([]);
  const request = toRequest(object!);
  if (!request.ok) throw new Error('no request');
  const report = replayCapture({
    request: request.value,
    capture: readFileSync(join(ROOT, 'programs/demo/node.pcapng')),
    maps: JSON.parse(readFileSync(join(ROOT, 'programs/demo/maps.json'), 'utf8')),
    on: ON,
  });
  if (!report.ok) throw new Error(report.problems.map((p) => p.code).join());
  return report.value;
}

test('the library and the command line report a replay in the same bytes', async () => {
  expect(demoHere()).toBe((await bpflab([...NODE_RUN, '--json'])).out);
});

describe.skipIf(!executablePath && !REQUIRED)('in a browser', () => {
  const dist = mkdtempSync(join(tmpdir(), 'bpflab-browser-'));
  let server: Server;

  beforeAll(async () => {
    expect(executablePath, 'BPFLAB_REQUIRE_CHROMIUM=1, but there is no Chromium').toBeDefined();
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const built = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', dist], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(built.status, built.stdout).toBe(0);
    server = await serve({ dist, programs: join(ROOT, 'programs'), page: import.meta.dirname });
  });

  afterAll(() => {
    server?.close();
    rmSync(dist, { recursive: true, force: true });
  });

  /** What a page answers that imports a module and calls it. */
  async function inPage(call: string): Promise<unknown> {
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    const browser = await chromium.launch({ executablePath: executablePath!, args: [...args, ...quiet] });
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      // As text: the test runner would put its own import in place of the browser's.
      const answer = await page.evaluate(call);
      expect(complaints).toEqual([]);
      return answer;
    } finally {
      await browser.close();
    }
  }

  test('the built modules run the demo with the same output as here, byte for byte', async () => {
    const paths = JSON.stringify(Object.keys(sources()));
    const report = await inPage(`import('/page/page.mjs').then((m) => m.demo(${paths}, ${JSON.stringify(ON)}))`);
    expect((report as string).length).toBeGreaterThan(10_000);
    expect(report).toBe(demoHere());
  });

  test('the debug adapter works in a worker, backwards too', async () => {
    const seen = await inPage(`import('/page/dapPage.mjs').then((m) => m.debug())`);
    expect(seen).toEqual([
      ['launch', 3, '0'],
      ['next', 5, '0'],
      ['next', 6, '1'],
      ['next', 5, '1'],
      ['stepBack', 6, '1'],
      ['stepBack', 5, '0'],
      ['reverseContinue', 3, '0'],
    ]);
  });
});
