/**
 * Sorts the demo's packets by the interface they come in on: `npx tsx scripts/make-node-capture.ts` reads
 * programs/demo/demo.pcap and writes programs/demo/node.pcapng, with `lxc` for what pods of this node send and `eth0`
 * for what comes from outside.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { readCapture } from '../src/net/capture.ts';
import { LINKTYPE_ETHERNET } from '../src/net/captureModel.ts';
import { parsePacket } from '../src/net/parse.ts';
import { writePcapng } from '../src/net/pcapngWrite.ts';
import { problemText } from '../src/util/problem.ts';

const DIR = new URL('../programs/demo/', import.meta.url);
/** The link address of the node's gateway: everything from outside comes from it. */
const GATEWAY_MAC = '02:00:00:00:00:fe';

const { capture, problems } = readCapture(readFileSync(new URL('demo.pcap', DIR)));
if (!capture) throw new Error(problems.map(problemText).join('\n'));
const packets = capture.packets.map((packet) => {
  const eth = parsePacket(packet.bytes).layers.find((l) => l.layer === 'eth');
  return { ...packet, interface: eth?.src === GATEWAY_MAC ? 0 : 1 };
});
const interfaces = ['eth0', 'lxc'].map((name) => ({ linkType: LINKTYPE_ETHERNET, name }));
const file = writePcapng(packets, { interfaces });
if (!file.ok) throw new Error(file.problems.map(problemText).join('\n'));
writeFileSync(new URL('node.pcapng', DIR), file.value);
