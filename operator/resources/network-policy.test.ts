import { expect, it } from 'vitest';
import { networkPolicy } from './network-policy.ts';
import { golden } from './golden/golden.ts';
import { full, plain } from './golden/sample-intent.ts';

it('ingress only: bus for the cluster, admin for the operator, clients as the spec says', async () => {
  await expect(golden(networkPolicy(plain, 'east'), networkPolicy(full, 'west'), networkPolicy({ ...plain, operatorNamespace: undefined }, 'east'))).toMatchFileSnapshot('golden/network-policy.yaml');
});
