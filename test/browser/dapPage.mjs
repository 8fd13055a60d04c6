/** A page that debugs in a worker: starts, steps, steps back, and answers with what it saw at every stop. */

/** Messages of a byte stream, whole ones as they come. */
function messages(onMessage) {
  let text = '';
  return (bytes) => {
    text += new TextDecoder().decode(bytes);
    for (;;) {
      const head = /Content-Length: (\d+)\r\n\r\n/.exec(text);
      if (!head || text.length < head.index + head[0].length + Number(head[1])) return;
      const from = head.index + head[0].length;
      const body = text.slice(from, from + Number(head[1]));
      text = text.slice(from + Number(head[1]));
      onMessage(JSON.parse(body));
    }
  };
}

export async function debug() {
  const worker = new Worker('/page/dapWorker.mjs', { type: 'module' });
  const answers = new Map();
  const stops = [];
  let stopped = () => undefined;
  const read = messages((message) => {
    if (message.type === 'response') answers.get(message.request_seq)?.(message);
    if (message.event === 'stopped') {
      stops.push(message.body.reason);
      stopped();
    }
  });
  worker.onmessage = ({ data }) => read(data);
  let seq = 0;
  const ask = (command, args) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ seq: ++seq, type: 'request', command, arguments: args });
      answers.set(seq, (m) => (m.success ? resolve(m.body) : reject(new Error(`${command}: ${m.message}`))));
      worker.postMessage(new TextEncoder().encode(`Content-Length: ${body.length}\r\n\r\n${body}`));
    });
  const stop = () =>
    new Promise((resolve) => {
      stopped = resolve;
    });
  const line = async () => (await ask('stackTrace', { threadId: 1 })).stackFrames[0]?.line;
  const r6 = async () => (await ask('evaluate', { expression: 'r6', context: 'watch' })).result;
  const seen = [];
  const move = async (command) => {
    const next = stop();
    await ask(command, { threadId: 1 });
    await next;
    seen.push([command, await line(), await r6()]);
  };
  await ask('initialize', { adapterID: 'bpflab', linesStartAt1: true, columnsStartAt1: true });
  const entry = stop();
  const launched = ask('launch', { program: 'count.bpf', stopOnEntry: true });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await ask('configurationDone', {});
  await launched;
  await entry;
  seen.push(['launch', await line(), await r6()]);
  for (const command of ['next', 'next', 'next', 'stepBack', 'stepBack', 'reverseContinue']) await move(command);
  await ask('disconnect', {});
  worker.terminate();
  return seen;
}
