import { createHash, timingSafeEqual } from 'node:crypto';
import type { AccessControl } from '../commands/services.ts';
import { openAccess } from '../server/acl/open-access.ts';
import { nodeConfigError } from './environment.ts';
import type { MountedFiles } from './mounted.ts';

/** Who may do what. Until users.acl is understood there is one user, `default`, with the generated password. */
export function accessFrom(mounted: MountedFiles): AccessControl {
  if (!mounted.config.authEnabled) return openAccess;
  const password = mounted.defaultPassword;
  if (password === undefined || password === '') throw nodeConfigError('auth is enabled and the file default-password is missing or empty');
  const digest = digestOf(Buffer.from(password));
  return {
    openToAll: false,
    defaultHasNoPassword: false,
    authenticate: (user, given) => timingSafeEqual(digest, digestOf(given)) && user === 'default',
    users: () => ['default'],
    refusal: () => undefined,
  };
}

const digestOf = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
