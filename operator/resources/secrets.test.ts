import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { golden } from './golden/golden.ts';
import { full, plain } from './golden/sample-intent.ts';
import { authSecretOf, busKeyBytes, busSecretOf, passwordBytes } from './secrets.ts';

const text = (data: Record<string, string> | undefined, key: string): string => Buffer.from(data?.[key] ?? '', 'base64').toString();

it('both Secrets, from given bytes', async () => {
  const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => index);
  await expect(golden(busSecretOf(plain, bytes(busKeyBytes)), authSecretOf(plain, bytes(passwordBytes)))).toMatchFileSnapshot('golden/secrets.yaml');
});

it('the bus key is 64 hex digits', () => {
  expect(text(busSecretOf(plain, new Uint8Array(busKeyBytes).fill(255)).data, 'bus-key')).toBe('f'.repeat(64));
});

it('the ACL file lets exactly the generated password in, and does not hold it', () => {
  const { data } = authSecretOf(plain, new Uint8Array(passwordBytes).fill(9));
  const password = text(data, 'default-password');
  expect(text(data, 'users.acl')).toContain(`#${createHash('sha256').update(password).digest('hex')} `);
  expect(text(data, 'users.acl')).not.toContain(password);
});

it('RetainData: the auth Secret outlives the cluster, the bus key does not', () => {
  expect(authSecretOf(full, new Uint8Array(passwordBytes)).metadata.ownerReferences).toBeUndefined();
  expect(busSecretOf(full, new Uint8Array(busKeyBytes)).metadata.ownerReferences).toHaveLength(1);
});
