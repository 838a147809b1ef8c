import type { AccessControl } from '../../commands/services.ts';

/** Local mode and clusters without `auth`: one user, no password, everything allowed. */
export const openAccess: AccessControl = {
  openToAll: true,
  defaultHasNoPassword: true,
  authenticate: (user) => user === 'default',
  users: () => ['default'],
  refusal: () => undefined,
};
