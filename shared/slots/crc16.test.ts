import { describe, expect, it } from 'vitest';
import { crc16, slotOfKey } from './crc16.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('slots', () => {
  it('has the check value of the Redis Cluster specification', () => {
    expect(crc16(bytes('123456789'), 0, 9)).toBe(0x31c3);
  });

  it.each([
    ['foo', 12182],
    ['{user1000}.following', 3443],
    ['{user1000}.followers', 3443],
    ['foo{}{bar}', 8363],
    ['foo{{bar}}zap', 4015],
    ['foo{bar}{zap}', 5061],
    ['', 0],
  ])('slot of %j', (key, slot) => {
    expect(slotOfKey(bytes(key))).toBe(slot);
  });

  it('reads a key in the middle of a buffer', () => {
    expect(slotOfKey(bytes('xxfooyy'), 2, 3)).toBe(12182);
  });
});
