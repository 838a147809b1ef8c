import type { AccessFiles } from '../server/acl/access-control.ts';
import { nodeConfigError } from './environment.ts';
import type { Settings } from './live-settings.ts';
import type { MountedFiles } from './mounted.ts';

/** Clusters without `auth`: one user who may do everything, no password. */
const openUsers: AccessFiles = { usersAcl: 'user default on nopass ~* &* +@all\n', open: true };

/** The users in force: those pushed over the admin port win over the mounted ones, which trail them by up to a minute. */
export function accessFiles(mounted: MountedFiles, settings: Settings): AccessFiles {
  if (!mounted.config.authEnabled) return openUsers;
  const usersAcl = settings.usersAcl ?? mounted.usersAcl;
  if (usersAcl === undefined && !mounted.defaultPassword) throw nodeConfigError('auth is enabled and neither users.acl nor default-password is there');
  return { usersAcl, defaultPassword: mounted.defaultPassword, tokens: mounted.tokens };
}
