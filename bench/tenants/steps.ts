import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createNodeContext, type ServerNodeContext } from '../../node/server/create-node-context.ts';
import { createCall, execute } from '../../node/server/executor.ts';
import { ClientSession } from '../../node/server/client-session.ts';
import { ReplyWriter } from '../../node/server/reply-writer.ts';
import { Store } from '../../node/engine/store.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { oneNodeView } from '../../test/protocol/one-node-view.ts';
import { worlds } from './server.ts';

const keys = 2_000;
const rounds = 500;
const output = { send() {}, closeAfterReply() {}, closeNow() {}, hold() {}, release() {}, pendingBytes: 0, inputBytes: 0 };

/** Everything of a GET but parsing and sockets: the fastest of many rounds, in a process for each world, in turn, so that a busy machine does not count. */
export async function measureSteps(turns: number): Promise<void> {
  const names = ['none', 'counted', 'limited'];
  const fastest = names.map(() => Infinity);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, world] of names.entries()) {
      const child = fork(join(import.meta.dirname, '../main.ts'), ['tenants', 'step', world]);
      const [nanoseconds] = (await once(child, 'message')) as [number];
      fastest[i] = Math.min(fastest[i], nanoseconds);
    }
  }
  names.forEach((world, i) => console.log(`GET without parsing and sockets, ${world}: ${fastest[i].toFixed(1)} ns (+${(fastest[i] - fastest[0]).toFixed(1)} ns)`));
}

/** In a process of its own. */
export function measureStep(world: string): void {
  const run = prepare(world);
  let fastest = Infinity;
  for (let round = 0; round < rounds; round++) fastest = Math.min(fastest, run());
  process.send?.(fastest);
  process.disconnect?.();
}

/** Nanoseconds a GET, over all keys once. */
function prepare(world: string): () => number {
  const store = new Store({ seed: 1, random: systemPorts.random.unit });
  store.setPolicy('allkeys-s3fifo');
  const node: ServerNodeContext = createNodeContext({ ports: systemPorts, cluster: oneNodeView(1), store });
  if (world !== 'none') node.namespaces?.apply({ formatVersion: 1, revision: 1, namespaces: [...worlds[world]], retired: [] });
  const client = new ClientSession({ id: 1, address: '', localAddress: '', createdAtMs: 0, output });
  client.authenticated = true;
  const reply = new ReplyWriter(1024 * 1024);
  const call = createCall(node, reply, client);
  call.nowMs = Date.now();
  const names = Array.from({ length: keys }, (_, i) => Buffer.from(`GETapp:${String(i).padStart(12, '0')}`));
  const places = names.map((bytes) => ({ bytes, slot: slotOfKey(bytes, 3, bytes.length - 3), hash: store.hashKey(bytes, 3, bytes.length - 3) }));
  for (const { bytes, slot, hash } of places) store.put(bytes, 3, bytes.length - 3, slot, hash, new Uint8Array(100), 0, 100, 0, 0, call.nowMs);
  const get = node.server.table.named('get');
  call.argc = 2;
  call.start = Int32Array.from([0, 3]);
  call.length = Int32Array.from([3, names[0].length - 3]);
  return () => {
    node.tenants?.beginTurn(performance.now());
    const begin = process.hrtime.bigint();
    for (const { bytes, slot, hash } of places) {
      call.bytes = bytes;
      call.keySlot = slot;
      call.keyHash = hash;
      reply.position = 0;
      execute(get, call);
    }
    return Number(process.hrtime.bigint() - begin) / keys;
  };
}
