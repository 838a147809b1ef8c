import { expect, it } from 'vitest';
import { birthTargets } from '../resharding/wish.ts';
import { firstOwnershipMap, nodeConfig, nodeConfigDocument, targets } from './config-maps.ts';
import { golden } from './golden/golden.ts';
import { full, fullRegion, plain, plainRegion } from './golden/sample-intent.ts';

it('node.json, targets and the first map are documents that running nodes of other versions read', async () => {
  await expect(golden(nodeConfig(plain, plainRegion.name, nodeConfigDocument(plain, plainRegion, plain.memoryBytes)), nodeConfig(full, fullRegion.name, nodeConfigDocument(full, fullRegion, 1)), targets(plain, 'east', birthTargets({ shards: plain.shards })), firstOwnershipMap(plain, 'east', birthTargets({ shards: plain.shards }).ranges), firstOwnershipMap(full, 'west', birthTargets({ shards: full.shards }).ranges))).toMatchFileSnapshot('golden/config-maps.yaml');
});
