/** The debug adapter in a worker: what a page posts comes in, what the adapter says goes out. Nothing but what the browser has. */
import { assemble, DapAdapter, toRequest } from '/dist/index.js';

const FILE = 'count.bpf';
const TEXT = `.section "xdp"
main:
  r6 = 0
again:
  r6 += 1
  if r6 != 5 goto again
  r0 = 2
  exit
`;

function input() {
  const { object } = assemble(TEXT, { file: FILE });
  const programs = object.programs.map((p) => ({ ...p, positions: p.positions.map((pos) => pos && { pos }) }));
  const files = { programs, texts: { [FILE]: TEXT } };
  return { name: FILE, request: toRequest(object).value, files, packets: [{ bytes: new Uint8Array(64) }], progs: [] };
}

const adapter = new DapAdapter(
  { send: (bytes) => postMessage(bytes) },
  {
    makeSession: async () => ({ ok: true, value: { input: input() } }),
    sourcePath: () => undefined,
    later: (work) => setTimeout(work, 0),
    ended: () => undefined,
  },
);
addEventListener('message', ({ data }) => adapter.receive(data));
