import type { AccessControl } from '../commands/services.ts';
import { createAccessControl } from '../server/acl/access-control.ts';
import { openAccess } from '../server/acl/open-access.ts';
import { nodeConfigError } from './environment.ts';
import type { MountedFiles } from './mounted.ts';

/** Who may do what: the users of users.acl, and `default` with the generated password. */
export function accessFrom(mounted: MountedFiles): AccessControl {
  if (!mounted.config.authEnabled) return openAccess;
  const { usersAcl, defaultPassword } = mounted;
  if (defaultPassword === undefined || defaultPassword === '') throw nodeConfigError('auth is enabled and the file default-password is missing or empty');
  return createAccessControl({ usersAcl, defaultPassword });
}
