/**
 * Records what a kernel answers to the requests of test/cli/verifyRequests.ts: `npx tsx scripts/record-verify-requests.ts` (needs
 * the oracle). Writes test/recorded/cli/requests.json.
 */
import { writeFileSync } from 'node:fs';
import { comparable, REQUESTS } from '../test/cli/verifyRequests.ts';
import { askOracle } from './oracle.ts';

const FILE = new URL('../test/recorded/cli/requests.json', import.meta.url);
writeFileSync(FILE, `${JSON.stringify(askOracle(REQUESTS, 1).map(comparable), null, 1)}\n`);
