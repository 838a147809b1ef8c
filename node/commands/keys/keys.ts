import { bytesAt } from '../arguments.ts';
import { boundNamespaces, isVisible } from '../bound-namespaces.ts';
import type { Store } from '../../engine/store.ts';
import { ReplyWriter } from '../../server/reply-writer.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { keyMatches } from './glob.ts';

/** Keys that are walked over within the command: a millisecond or two. */
const mostAtOnce = 10_000;
const sliceMs = 1;
const entriesPerStep = 64;

export const keys: CommandSpec = {
  name: 'keys',
  summary: 'Returns all key names that match a pattern.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.',
  arity: 2,
  flags: ['readonly'],
  categories: ['keyspace', 'dangerous'],
  keys: [],
  args: [{ name: 'pattern', type: 'pattern' }],
  run(call) {
    if (call.node.store.entryCount > mostAtOnce && !call.client.inTransaction && call.client.replyMode === 'on') return walkInSlices(call);
    const { reply } = call;
    const mark = reply.deferred();
    const search = new KeySearch(call, reply);
    const { store } = call.node;
    const refs: number[] = [];
    let cursor = 0;
    do {
      refs.length = 0;
      cursor = store.scanStep(cursor, refs);
      for (const ref of refs) search.entry(ref);
    } while (cursor !== 0);
    reply.closeArray(mark, search.found);
  },
};

/** Writes the keys that match and that the client may see. */
class KeySearch {
  found = 0;
  readonly #store: Store;
  readonly #reply: ReplyWriter;
  readonly #pattern: Uint8Array;
  readonly #nowMs: number;
  readonly #bound: ReturnType<typeof boundNamespaces>;

  constructor(call: Call, reply: ReplyWriter) {
    this.#store = call.node.store;
    this.#reply = reply;
    this.#pattern = Buffer.from(bytesAt(call, 1));
    this.#nowMs = call.nowMs;
    this.#bound = boundNamespaces(call, 'read');
  }

  entry(ref: number): void {
    const store = this.#store;
    if (store.isExpired(ref, this.#nowMs)) return;
    store.open(ref);
    if (!isVisible(this.#bound, store.entryBytes, store.keyStart, store.keyLength) || !keyMatches(this.#pattern, store.entryBytes, store.keyStart, store.keyLength)) return;
    this.#reply.bulk(store.entryBytes, store.keyStart, store.keyLength);
    this.found++;
  }
}

/** The keys as they are now, looked at between the turns of other clients; what this one sent behind the command waits. */
function walkInSlices({ client, node, reply: { limitBytes, roomBytes, resp }, ...call }: Call): void {
  const { clock, timers } = node.ports;
  const reply = new ReplyWriter();
  Object.assign(reply, { limitBytes, roomBytes, resp });
  const search = new KeySearch({ client, node, reply, ...call }, reply);
  const snapshot = node.store.snapshot(search);
  client.output.hold();
  const slice = (): void => {
    const untilMs = clock.monotonicMs() + sliceMs;
    let more = true;
    while (more && clock.monotonicMs() < untilMs) more = snapshot.step(entriesPerStep);
    if (more && !reply.overflowed && !client.closing) {
      timers.soon(slice);
      return;
    }
    snapshot.cancel();
    // A node that does not lead any more may know nothing of what has changed.
    const { copies } = node;
    if (reply.overflowed || (copies?.leads === true && clock.monotonicMs() >= copies.leaseUntilMs())) return client.output.closeNow();
    reply.closeArray(0, search.found);
    client.output.send(Buffer.from(reply.buffer.subarray(0, reply.position)));
    client.output.release();
  };
  timers.soon(slice);
}
