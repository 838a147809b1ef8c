import { expect, it } from 'vitest';
import { disruptionBudget } from './disruption-budget.ts';
import { golden } from './golden/golden.ts';
import { plain } from './golden/sample-intent.ts';

it('one budget selects the pods of one shard and nobody else', async () => {
  await expect(golden(disruptionBudget(plain, 'east', 1))).toMatchFileSnapshot('golden/disruption-budget.yaml');
});
