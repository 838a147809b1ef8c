import { expect, it } from 'vitest';
import { role, roleBinding, serviceAccount } from './region-access.ts';
import { golden } from './golden/golden.ts';
import { plain } from './golden/sample-intent.ts';

it('a node may touch what is named here and nothing else', async () => {
  await expect(golden(serviceAccount(plain, 'east'), role(plain, 'east'), roleBinding(plain, 'east'))).toMatchFileSnapshot('golden/region-access.yaml');
});
