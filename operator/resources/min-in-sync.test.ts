import { expect, it } from 'vitest';
import { nodeConfigDocument } from './config-maps.ts';
import { plain, plainRegion } from './golden/sample-intent.ts';

it.each([
  [undefined, 0, 1],
  [undefined, 1, 1],
  [undefined, 2, 2],
  [2, 1, 2],
  // A region with fewer copies than minInSync asks for would refuse every write (P10).
  [3, 1, 2],
])('minInSync %s with %s replicas of the region is %s', (minInSync, replicas, expected) => {
  const region = { ...plainRegion, replicas };
  expect(nodeConfigDocument({ ...plain, regions: [region], minInSync }, region, 1).minInSync).toBe(expected);
});
