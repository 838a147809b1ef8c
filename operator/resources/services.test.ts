import { expect, it } from 'vitest';
import { clientServiceOf, nodesServiceOf } from './services.ts';
import { golden } from './golden/golden.ts';
import { plain } from './golden/sample-intent.ts';

it('Services of a region are as ever: clients and DNS names depend on them', async () => {
  await expect(golden(clientServiceOf(plain, 'east'), nodesServiceOf(plain, 'east'))).toMatchFileSnapshot('golden/services.yaml');
});
