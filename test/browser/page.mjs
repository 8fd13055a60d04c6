/**
 * What a page does with the library: fetches the programs' texts and the demo's files, then assembles and replays.
 * Plain ES modules, nothing but what the browser has.
 */
import { assemble, explainProblem, replayCapture, toRequest } from '/dist/index.js';

const said = (problems) => problems.map(explainProblem).join('\n');

/** The demo's report, or what went wrong. `paths` are the files that the program may include. */
export async function demo(paths, on) {
  const text = async (path) => (await fetch(`/${path}`)).text();
  const texts = Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await text(path)])));
  const { object, problems } = assemble(texts['programs/lb/node.bpf'], {
    file: 'programs/lb/node.bpf',
    readFile: (path, from) => texts[new URL(path, `http://x/${from}`).pathname.slice(1)],
  });
  if (!object) return said(problems);
  const request = toRequest(object);
  if (!request.ok) return said(request.problems);
  const capture = new Uint8Array(await (await fetch('/programs/demo/node.pcapng')).arrayBuffer());
  const maps = await (await fetch('/programs/demo/maps.json')).json();
  const report = replayCapture({ request: request.value, capture, maps, on });
  return report.ok ? report.value : said(report.problems);
}
