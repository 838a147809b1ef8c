import { expect, it } from 'vitest';
import { statefulSet } from './stateful-set.ts';
import { golden } from './golden/golden.ts';
import { full, fullRegion, plain, plainRegion } from './golden/sample-intent.ts';

it('the sets of both samples: a change here reaches every cluster that exists', async () => {
  await expect(golden(statefulSet(plain, plainRegion, 0), statefulSet(full, fullRegion, 1))).toMatchFileSnapshot('golden/stateful-set.yaml');
});
