import { expect, it } from 'vitest';
import { leaseConfigSchema } from '../../shared/kube/documents.ts';
import { annotations } from '../../shared/kube/names.ts';
import { golden } from './golden/golden.ts';
import { full, plain } from './golden/sample-intent.ts';
import { lease, newbornLease } from './lease.ts';

it('a Lease is born without a holder, and recovered with one', async () => {
  const born = lease(plain, 'east', 0, newbornLease('n1'));
  const recovered = lease(full, 'west', 1, { epoch: 1007, primary: 'demo-west-s1-2', config: { formatVersion: 1, isr: ['demo-west-s1-2'], incarnations: { 'demo-west-s1-2': 'ab' }, nonce: 'n2' } });
  await expect(golden(born, recovered)).toMatchFileSnapshot('golden/lease.yaml');
});

it('its annotation is what nodes parse', () => {
  const text = lease(plain, 'east', 0, newbornLease('n1')).metadata.annotations?.[annotations.config] ?? '';
  expect(leaseConfigSchema.parse(JSON.parse(text))).toEqual({ formatVersion: 1, isr: [], incarnations: {}, nonce: 'n1' });
});
