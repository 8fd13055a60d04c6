/** The debug adapter over a process's streams and over TCP. */
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { DapAdapter } from '../debug/dap/adapter.ts';
import { dapHost } from './dapHost.ts';
import { Failure, STATUS, type Status } from './failure.ts';
import { errnoWords } from './files.ts';
import type { Io } from './io.ts';
import { cliProblem } from './messages.ts';

/** Serves the client at standard input and output until it disconnects or closes its end. */
export function serveStdio(io: Io): Promise<Status> {
  const { stdin, stdout } = process;
  return new Promise((resolve) => {
    const end = (): void => {
      adapter.close();
      // What is written has to get out; then nothing keeps the process.
      stdin.destroy();
      resolve(STATUS.good);
    };
    const adapter = new DapAdapter({ send: (bytes) => void stdout.write(bytes) }, dapHost(io, end));
    stdin.on('data', (chunk: Uint8Array) => adapter.receive(chunk));
    stdin.on('end', end);
    stdin.on('error', end);
  });
}

/** Listens; every connection is a client of its own. Ends at Ctrl-C. */
export function servePort(io: Io, host: string, port: number): Promise<Status> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    serveSocket(io, socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      const why = errnoWords(error.code ?? error.message);
      reject(new Failure([cliProblem('no-listen', {}, { host, port, why })]));
    });
    server.listen(port, host, () => {
      const at = server.address();
      io.err(`listening on ${host}:${typeof at === 'object' && at ? at.port : port}\n`);
    });
    const end = (): void => {
      server.close(() => resolve(STATUS.interrupted));
      for (const socket of sockets) socket.destroy();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  });
}

function serveSocket(io: Io, socket: Socket): void {
  const transport = {
    send: (bytes: Uint8Array): void => {
      if (socket.writable) socket.write(bytes);
    },
  };
  const adapter = new DapAdapter(
    transport,
    dapHost(io, () => socket.end()),
  );
  socket.setNoDelay(true);
  socket.on('data', (chunk) => adapter.receive(chunk));
  socket.on('close', () => adapter.close());
  // 'close' follows.
  socket.on('error', () => undefined);
}
