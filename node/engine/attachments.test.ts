import { describe, expect, it } from 'vitest';
import { Attachments } from './attachments.ts';
import { hashBytes, hashSeed } from './hash.ts';

const seed = hashSeed(7);

function text(scope: string, labels: readonly string[]): Uint8Array {
  return Buffer.concat([Buffer.from([scope.length]), Buffer.from(scope), ...labels.map((label) => Buffer.concat([Buffer.from([1, 0, label.length]), Buffer.from(label)]))]);
}

function label(scope: string, name: string): Uint8Array {
  return Buffer.concat([Buffer.from([scope.length]), Buffer.from(scope), Buffer.from([1]), Buffer.from(name)]);
}

describe('attachments', () => {
  it('hold what a plain map holds, and give all memory back', () => {
    const attachments = new Attachments(seed);
    const empty = attachments.usedBytes;
    const expected = new Map<string, ReadonlySet<string>>();
    let state = 5;
    const random = (below: number): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % below;
    const place = (key: string) => [Buffer.from(key), 0, key.length, key.length % 16, hashBytes(seed, Buffer.from(key), 0, key.length)] as const;
    for (let i = 0; i < 20_000; i++) {
      const key = `key ${random(2_000)}`;
      attachments.drop(...place(key));
      expected.delete(key);
      if (random(3) === 0) continue;
      const labels = new Set(Array.from({ length: random(5) }, () => `tag ${random(random(2) === 0 ? 5 : 5_000)}`));
      attachments.put(...place(key), text('a', [...labels]));
      expected.set(key, labels);
    }
    expect(attachments.keys).toBe(expected.size);
    for (const name of ['tag 0', 'tag 4', 'tag 1234']) {
      const keys = [...expected].filter(([, labels]) => labels.has(name)).map(([key]) => key);
      expect(attachments.countOf(label('a', name))).toBe(keys.length);
      expect(attachments.countOf(label('b', name))).toBe(0);
      const found: string[] = [];
      for (let block = attachments.firstOf(label('a', name)); block !== 0; block = attachments.firstOf(label('a', name))) {
        attachments.open(block);
        const key = Buffer.from(attachments.bytes.subarray(attachments.keyStart, attachments.keyStart + attachments.keyLength)).toString();
        found.push(key);
        expected.delete(key);
        attachments.dropBlock(block);
      }
      expect(found.toSorted()).toEqual(keys.toSorted());
    }
    for (const key of expected.keys()) expect(attachments.drop(...place(key))).toBeGreaterThan(0);
    expect([attachments.keys, attachments.usedBytes]).toEqual([0, empty]);
  });
});
