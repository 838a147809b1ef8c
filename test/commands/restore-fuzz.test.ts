import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc64 } from '../../node/commands/serialization/crc64.ts';
import { checkPayload } from '../../node/commands/serialization/check-payload.ts';
import { rdbVersion } from '../../node/commands/serialization/format.ts';
import { startNode, type TestNode } from '../protocol/start-node.ts';
import { respClient, type RespClient } from './resp-client.ts';
import { show } from './resp-values.ts';
import { runs } from './side-by-side.ts';

/** Values without their footers, one of every form that is read, and what once was found to be hard. */
const corpus = readFileSync(join(import.meta.dirname, 'corpus/payloads.txt'), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => Buffer.from(line.split(' ')[0], 'hex'));
const accepted = ['+"OK"', '-"ERR Bad data format"'];
let node: TestNode;
let client: RespClient;

beforeAll(async () => {
  node = await startNode();
  client = await respClient(node.port);
});
afterAll(async () => {
  client.close();
  await node.server.stop();
  expect(node.node.server.statistics.unexpectedErrors).toBe(0);
});

function sealed(value: Buffer): Buffer {
  const footer = Buffer.alloc(10);
  footer.writeUInt16LE(rdbVersion, 0);
  const whole = Buffer.concat([value, footer]);
  const { low, high } = crc64(whole, 0, value.length + 2);
  whole.writeInt32LE(low, value.length + 2);
  whole.writeInt32LE(high, value.length + 6);
  return whole;
}

/** Restores it; what was taken can be read, dumped and restored again. */
async function restore(value: Buffer): Promise<string> {
  const [answer, , dumped] = await client.askAll([['RESTORE', 'k', '0', sealed(value), 'REPLACE'], ['OBJECT', 'ENCODING', 'k'], ['DUMP', 'k']]);
  expect(accepted).toContain(show(answer));
  if (show(answer) === accepted[0]) expect(show(await client.ask('RESTORE', 'k', '0', Buffer.from((dumped as { readonly text: string }).text, 'latin1'), 'REPLACE'))).toBe(accepted[0]);
  return show(answer);
}

type Change = { readonly kind: 'set'; readonly at: number; readonly byte: number } | { readonly kind: 'cut'; readonly at: number; readonly count: number } | { readonly kind: 'put'; readonly at: number; readonly bytes: Uint8Array };

const change: fc.Arbitrary<Change> = fc.oneof<fc.Arbitrary<Change>[]>(
  fc.record({ kind: fc.constant('set' as const), at: fc.nat(), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('put' as const), at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }) }),
);

function changed(value: Buffer, changes: readonly Change[]): Buffer {
  let result = Buffer.from(value);
  for (const one of changes) {
    const at = one.at % (result.length + 1);
    if (one.kind === 'set') result[at] = one.byte;
    else if (one.kind === 'cut') result = Buffer.concat([result.subarray(0, at), result.subarray(at + one.count)]);
    else result = Buffer.concat([result.subarray(0, at), one.bytes, result.subarray(at)]);
  }
  return result;
}

describe('hostile payloads', () => {
  it.each(corpus.map((value) => [value.toString('hex').slice(0, 60), value]))('%s', async (_, value) => {
    await restore(value);
  });

  it('are refused or taken, whatever is changed in a good one', () =>
    fc.assert(fc.asyncProperty(fc.constantFrom(...corpus), fc.array(change, { minLength: 1, maxLength: 4 }), async (value, changes) => void (await restore(changed(value, changes)))), { numRuns: runs(400) }));

  it('are refused or taken, whatever the bytes', () =>
    fc.assert(fc.asyncProperty(fc.nat(20), fc.uint8Array({ maxLength: 60 }), async (type, bytes) => void (await restore(Buffer.concat([Buffer.from([type]), bytes])))), { numRuns: runs(400) }));

  it('cannot read what lies around them', () =>
    fc.assert(
      fc.property(fc.constantFrom(...corpus), fc.array(change, { maxLength: 3 }), (value, changes) => {
        const payload = changed(value, changes);
        const hash = (): number => 0;
        const facts = [0x00, 0xff].map((filler) => {
          const around = Buffer.alloc(payload.length + 200, filler);
          around.set(payload, 100);
          return checkPayload(around, 100, 100 + payload.length, hash);
        });
        expect(facts[0]).toEqual(facts[1]);
      }),
      { numRuns: runs(1000) },
    ));

  it('that claim to be huge take no memory', async () => {
    for (const type of [1, 2, 3, 4, 5, 14, 18]) expect(await restore(Buffer.from([type, 0x81, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))).toBe(accepted[1]);
    expect(await restore(Buffer.from([0, 0xc3, 0x02, 0x80, 0xff, 0xff, 0xff, 0xff, 0x00, 0x61]))).toBe(accepted[1]);
  });
});
