import { createServer } from 'node:net';

/** Between the ports that pods of local mode take for themselves and those that systems give to outgoing connections. */
const lowestPort = 20_000;
const highestPort = 32_000;

/** The start of `count` neighbouring ports on loopback that were free a moment ago. */
export async function freePortRange(count: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const first = lowestPort + ((process.pid * 131 + attempt * 977) % (highestPort - lowestPort - count));
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(first + i)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} neighbouring free ports found`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
