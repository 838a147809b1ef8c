import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liveConfigSchema } from '../../shared/admin/contract.ts';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { nodeConfigSchema, type NodeConfig } from '../../shared/kube/documents.ts';
import { parseBusKeys, parseLiveConfig, parseNodeConfig } from './documents.ts';
import { asPush, settingsOf, withFile, withPush } from './live-settings.ts';

const config: NodeConfig = {
  formatVersion: 1, cluster: 'c', clusterUid: 'u', namespace: 'n', region: 'r', regions: ['r'], shards: 3, replicas: 1, memoryBytes: 100, eviction: 'noeviction',
  acknowledge: 'insync', minInSync: 1, fastFailover: true, emptyShardAfterMs: 1, announce: 'ip', authEnabled: false,
};
const accepts = (run: () => unknown): boolean => {
  try {
    run();
    return true;
  } catch (error) {
    expect((error as MeridianError).code).toBe('NODE_CONFIG');
    return false;
  }
};

describe('checks by hand agree with the schemas', () => {
  const odd = fc.oneof(fc.constant(undefined), fc.constant(null), fc.integer({ min: -2, max: 2 }), fc.constantFrom('insync', 'ip', '', 1.5, true, ['r'], [1], {}));

  it('for node.json with any one field changed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(config) as (keyof NodeConfig)[]), 'revision', 'unknown'), odd, (field, value) => {
        const changed = { ...config, [field]: value };
        const text = JSON.stringify(changed);
        expect(accepts(() => parseNodeConfig(text))).toBe(nodeConfigSchema.safeParse(JSON.parse(text)).success);
      }),
      { numRuns: 500 },
    );
  });

  it('for pushed settings', () => {
    fc.assert(
      fc.property(fc.record({ formatVersion: odd, revision: odd, memoryBytes: odd, minInSync: odd, acknowledge: odd, usersAcl: odd }, { requiredKeys: [] }), (value) => {
        const wire = JSON.parse(JSON.stringify({ formatVersion: 1, revision: 4, ...value })) as unknown;
        expect(accepts(() => parseLiveConfig(wire))).toBe(liveConfigSchema.safeParse(wire).success);
      }),
      { numRuns: 500 },
    );
  });

  it('says what is wrong', () => {
    expect(() => parseNodeConfig(JSON.stringify({ ...config, shards: 0 }))).toThrow('node.json: shards is 0');
    expect(() => parseNodeConfig('{')).toThrow('node.json is not a JSON object');
    expect(() => parseBusKeys('xyz', undefined)).toThrow('bus-key');
    expect(parseBusKeys('1f'.repeat(32), `${'2e'.repeat(32)}\n`).map(([first]) => first)).toEqual([0x1f, 0x2e]);
  });
});

describe('live settings', () => {
  it('takes the newest push, whatever order pushes arrive in', () => {
    const first = { formatVersion: 1, revision: 1, memoryBytes: 1 } as const;
    const second = { formatVersion: 1, revision: 2, memoryBytes: 2, usersAcl: 'user a on' } as const;
    const start = settingsOf(config);
    expect(withPush(withPush(start, second), first)).toEqual(withPush(withPush(start, first), second));
    expect(withPush(start, second)).toMatchObject({ revision: 2, memoryBytes: 2, eviction: 'noeviction', usersAcl: 'user a on' });
  });

  it('does not let a file that trails the pushes turn them back', () => {
    const pushed = withPush(settingsOf(config), { formatVersion: 1, revision: 5, memoryBytes: 500 });
    expect(withFile(pushed, { ...config, revision: 4, memoryBytes: 400 }).memoryBytes).toBe(500);
    expect(withFile(pushed, { ...config, revision: 6, memoryBytes: 600 })).toMatchObject({ revision: 6, memoryBytes: 600 });
  });

  it('brings another node to the same settings', () => {
    const pushed = withPush(settingsOf(config), { formatVersion: 1, revision: 5, memoryBytes: 500, eviction: 'allkeys-lru' });
    const push = asPush(pushed);
    expect(push).toBeDefined();
    expect(withPush(settingsOf(config), parseLiveConfig(JSON.parse(JSON.stringify(push))))).toEqual(pushed);
    expect(asPush(settingsOf(config))).toBeUndefined();
  });
});
