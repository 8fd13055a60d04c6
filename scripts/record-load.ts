/**
 * Records what the kernel says of random load requests (test/fuzz/load): `npx tsx scripts/record-load.ts` (needs the oracle). Writes
 * test/recorded/verifier/load.json: verdict and a digest of the logs of each.
 */
import { writeFileSync } from 'node:fs';
import { loadRequests } from '../test/fuzz/load/index.ts';
import { RECORDED_COUNT, RECORDED_SEED, recordOf } from '../test/fuzz/load/recorded.ts';
import { askOracle } from './oracle.ts';

const requests = [...loadRequests(RECORDED_SEED, RECORDED_COUNT)];
const records = askOracle(requests, 2).map(recordOf);
const file = new URL('../test/recorded/verifier/load.json', import.meta.url).pathname;
writeFileSync(file, `${JSON.stringify(records).replaceAll('","', '",\n"')}\n`);
console.log(`${records.length} requests`);
