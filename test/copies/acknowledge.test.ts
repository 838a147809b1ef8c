import { expect, it } from 'vitest';
import type { Copies } from '../../node/commands/copies.ts';
import { settingsFor } from '../../node/tenants/test-namespaces.ts';
import { memoryBackend } from '../protocol/memory-backend.ts';
import { startNode } from '../protocol/start-node.ts';

/** A log that the test commits. */
function createLog() {
  const head = new Map<number, number>();
  const log = { seq: 0, committedSeq: 0, acknowledgesAlone: false, leaseMs: Infinity };
  const copies: Copies = {
    leads: true, writesNeedLease: false, writable: true, pausing: false, congested: false, readable: true, freeUntilMs: Infinity, inSyncReplicas: 1, lagMs: 0, dirty: false,
    ran: () => undefined,
    endUnit: () => undefined,
    endTurn: () => undefined,
    get acknowledgesAlone() {
      return log.acknowledgesAlone;
    },
    headOf: (slot) => (slot < 0 ? log.seq : (head.get(slot) ?? 0)),
    get committedSeq() {
      return log.committedSeq;
    },
    leaseUntilMs: () => log.leaseMs,
    shardMs: () => 1_700_000_000_000,
    offsetOf: () => 0,
    onProgress: () => undefined,
    onStop: () => undefined,
  };
  const changed = (slot: number): void => void head.set(slot, ++log.seq);
  const commit = (): void => {
    log.committedSeq = log.seq;
    copies.onProgress();
  };
  return Object.assign(log, { copies, changed, commit });
}

async function world(acknowledge: { readonly cluster: 'insync' | 'primary'; readonly fast?: 'insync' | 'primary'; readonly safe?: 'insync' | 'primary' }) {
  const backend = memoryBackend();
  const { node, server } = await startNode({ backend });
  const log = createLog();
  log.acknowledgesAlone = acknowledge.cluster === 'primary';
  node.copies = log.copies;
  node.store.feed = { changed: (_kind, slot) => log.changed(slot), flushed: () => undefined, namespaceFlushed: () => undefined };
  node.namespaces?.apply({ formatVersion: 1, revision: 1, namespaces: [settingsFor('fast', { acknowledge: acknowledge.fast }), settingsFor('safe', { acknowledge: acknowledge.safe })], retired: [] });
  /** What a client has been answered so far to a pipeline of these. */
  const ask = (...commands: readonly (readonly string[])[]) => {
    const client = backend.connect();
    client.feed(Buffer.from(commands.map((parts) => `*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join('')}`).join('')));
    return client;
  };
  return { log, ask, stop: () => server.stop({ drainMs: 0 }) };
}

it('P7: holds replies for the copies by namespace: one with `acknowledge: primary` waits for none, whatever the others do', async () => {
  const { log, ask, stop } = await world({ cluster: 'insync', fast: 'primary' });
  const [fast, safe, other] = [ask(['set', 'fast:{x}', '1']), ask(['set', 'safe:{x}', '1']), ask(['set', '{x}', '1'])];
  expect([fast.output, safe.output, other.output]).toEqual(['+OK\r\n', '', '']);
  // Reads likewise, in the very slot of writes that are not committed.
  expect(ask(['get', 'fast:{x}']).output).toBe('$1\r\n1\r\n');
  const held = [ask(['get', 'safe:{x}']), ask(['mget', 'fast:{x}', 'safe:{x}']), ask(['dbsize']), ask(['object', 'encoding', 'safe:{x}'])];
  expect(held.map(({ output }) => output)).toEqual(['', '', '', '']);
  log.commit();
  expect([safe, other, ...held].map(({ output }) => output)).toEqual(['+OK\r\n', '+OK\r\n', '$1\r\n1\r\n', '*2\r\n$1\r\n1\r\n$1\r\n1\r\n', ':3\r\n', '$3\r\nint\r\n']);
  await stop();
});

it('P7, P8: an EXEC waits when one of its commands has to', async () => {
  const { log, ask, stop } = await world({ cluster: 'insync', fast: 'primary' });
  const alone = ask(['multi'], ['set', 'fast:{x}', '1'], ['get', 'fast:{x}'], ['exec']);
  const mixed = ask(['multi'], ['set', 'fast:{x}', '2'], ['set', 'safe:{x}', '2'], ['exec']);
  expect(alone.output).toContain('*2\r\n+OK\r\n$1\r\n1\r\n');
  expect(mixed.output).toBe('');
  log.commit();
  expect(mixed.output).toContain('*2\r\n+OK\r\n+OK\r\n');
  await stop();
});

it('P7: a namespace with `acknowledge: insync` is safe in a cluster whose default is `primary`, and so is what shows all namespaces', async () => {
  const { log, ask, stop } = await world({ cluster: 'primary', safe: 'insync' });
  const [other, fast, safe] = [ask(['set', '{x}', '1']), ask(['set', 'fast:{x}', '1']), ask(['set', 'safe:{x}', '1'])];
  const size = ask(['dbsize']);
  expect([other.output, fast.output, safe.output, size.output]).toEqual(['+OK\r\n', '+OK\r\n', '', '']);
  log.commit();
  expect([safe.output, size.output]).toEqual(['+OK\r\n', ':3\r\n']);
  await stop();
});

it('P2: what waits for no copy is fenced by the lease, writes too', async () => {
  const { log, ask, stop } = await world({ cluster: 'insync', fast: 'primary' });
  log.leaseMs = -Infinity;
  const fast = ask(['set', 'fast:{x}', '1']);
  expect(fast.output).toBe('');
  log.leaseMs = Infinity;
  log.commit();
  expect(fast.output).toBe('+OK\r\n');
  await stop();
});
