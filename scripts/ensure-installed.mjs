// Installs the development dependencies when they are missing or older than the lock file, so that
// `npm run demo` and `npm test` work on a fresh clone with nothing but Node and npm.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

const stamp = 'node_modules/.package-lock.json';
const fresh = existsSync(stamp) && statSync(stamp).mtimeMs >= statSync('package-lock.json').mtimeMs - 1000;
if (!fresh) {
  const windows = process.platform === 'win32';
  // Not `npm ci`: it refuses a lock file that lacks the optional packages of other platforms, and some registries
  // offer only those of one.
  const done = spawnSync(windows ? 'npm.cmd' : 'npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 2, 2],
    shell: windows,
  });
  if (done.status !== 0) {
    console.error('bpflab: npm install failed; see its message above');
    process.exit(2);
  }
}
