import { createServer } from 'node:net';

/** Tells whether nobody listens on a loopback port now. */
export function isPortFree(port: number, done: (free: boolean) => void): void {
  const server = createServer();
  server.once('error', () => done(false));
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => done(true)));
}
