import type { IoHandler } from '../../node/io/backend.ts';
import { openHttp } from '../../node/api/service.ts';
import { Store } from '../../node/engine/store.ts';
import { createNodeContext } from '../../node/server/create-node-context.ts';
import { startRedisServer } from '../../node/server/start.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { oneNodeView } from '../../test/protocol/one-node-view.ts';
import { oneConnection } from '../servers/one-connection.ts';

const batch = 2_000;

/** Everything of GET and PUT over HTTP but sockets: the fastest of many rounds, so that a busy machine does not count. */
export async function measureSteps(rounds: number): Promise<void> {
  const { handler, written, close } = await serve();
  const body = JSON.stringify({ value: 'x'.repeat(100), ttl: 600 });
  const put = Buffer.from(`PUT /api/v1/cache/default/bench HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const get = Buffer.from('GET /api/v1/cache/default/bench HTTP/1.1\r\nHost: a\r\n\r\n');
  // The first call loads the API.
  handler.onData(put, 0, put.length);
  while (written().count === 0) await soon();
  for (const [name, request] of [['GET', get], ['PUT', put]] as const) {
    let fastest = Infinity;
    for (let round = 0; round < rounds; round++) {
      const begin = process.hrtime.bigint();
      for (let i = 0; i < batch; i += 4) {
        for (let k = 0; k < 4; k++) handler.onData(request, 0, request.length);
        await soon();
      }
      fastest = Math.min(fastest, Number(process.hrtime.bigint() - begin) / batch);
    }
    console.log(`${name} without sockets: ${(fastest / 1000).toFixed(2)} µs, answers of ${written().bytes} bytes`);
  }
  await close();
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function serve(): Promise<{ readonly close: () => Promise<void>; readonly handler: IoHandler; readonly written: () => { readonly count: number; readonly bytes: number } }> {
  const store = new Store({ seed: 1, random: systemPorts.random.unit });
  store.setPolicy('allkeys-s3fifo');
  const context = createNodeContext({ ports: systemPorts, cluster: oneNodeView(1), store });
  const redis = await startRedisServer({ node: context, host: '127.0.0.1', port: 0 });
  let count = 0;
  let bytes = 0;
  const { backend, accepted } = oneConnection((_buffer, length) => {
    count++;
    bytes = length;
    return true;
  });
  const accessLog = { active: false, record() {}, written: 0, dropped: 0, close: () => Promise.resolve() };
  const nobody = { channelTo: () => undefined, connect: () => Promise.reject(new Error('no other node')) };
  const http = await openHttp({ ports: systemPorts, backend, host: '', port: 0, context, bus: nobody as never, inside: redis.inside, recordOf: () => undefined, health: () => ({ reason: undefined, redisListens: true, memoryUsedBytes: 0, memoryLimitBytes: 0 }), place: { cluster: 'c', region: 'eu', regions: ['eu'] }, version: '0', accessLog });
  const handler = await accepted;
  const close = async (): Promise<void> => {
    handler.onClose();
    await http.close(0);
    await redis.stop();
  };
  return { close, handler, written: () => ({ count, bytes }) };
}
