import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Store } from '../../node/engine/store.ts';
import { createNodeContext } from '../../node/server/create-node-context.ts';
import { startRedisServer, type RedisServer } from '../../node/server/start.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { corpus } from './corpus/requests.ts';
import { memoryBackend, type MemoryBackend } from './memory-backend.ts';
import { oneNodeView } from './one-node-view.ts';

const backend: MemoryBackend = memoryBackend();
let server: RedisServer;
let unexpectedErrors: () => number;

/** A clock that stands still, so that the same input always gets the same answer. */
const ports = { ...systemPorts, clock: { wallMs: () => 1_000_000, monotonicMs: () => 1000 } };

beforeAll(async () => {
  const store = new Store({ seed: 1, random: () => 0.5 });
  const node = createNodeContext({ ports, cluster: oneNodeView(1), store });
  unexpectedErrors = () => node.server.statistics.unexpectedErrors;
  server = await startRedisServer({ node, host: 'memory', port: 1, backend });
});
afterAll(async () => {
  await server.stop();
  expect(unexpectedErrors()).toBe(0);
});

/** Answers to the input when it arrives in these pieces; a fresh connection each time. */
function answers(pieces: readonly Buffer[]): string {
  const connection = backend.connect();
  connection.feed(Buffer.from('*1\r\n$8\r\nFLUSHALL\r\n'));
  const before = connection.output.length;
  for (const piece of pieces) connection.feed(piece);
  const text = connection.output.slice(before);
  if (!connection.ended) connection.end();
  return text.replace(/id\r\n:\d+/g, 'id');
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge)).filter((piece) => piece.length > 0);
}

describe('how the bytes are cut into packets never matters', () => {
  it.each(corpus.map((text) => [text.slice(0, 60), text] as const))('%j', (_shown, text) => {
    const bytes = Buffer.from(text, 'latin1');
    const whole = answers([bytes]);
    const step = Math.max(1, Math.floor(bytes.length / 400));
    for (let cut = 1; cut < bytes.length; cut += step) expect(answers(cutAt(bytes, [cut]))).toBe(whole);
    if (bytes.length < 3000) expect(answers([...bytes].map((byte) => Buffer.from([byte])))).toBe(whole);
  });

  it('random mixtures of commands, fragments and noise', () => {
    const piece = fc.oneof(fc.constantFrom(...corpus).filter((text) => text.length < 3000), fc.constantFrom('*', '$', '\r\n', '*2\r\n', '$3\r\n', '0', '-1', '"', "'", ' '), fc.string({ maxLength: 12 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(4000), { maxLength: 6 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''), 'latin1');
        expect(answers(cutAt(bytes, cuts))).toBe(answers([bytes]));
      }),
      { numRuns: 1500 },
    );
  });
});
