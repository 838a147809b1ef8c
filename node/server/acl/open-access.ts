import type { AccessControl } from '../../commands/services.ts';
import { createAccessControl } from './access-control.ts';

/** Local mode and clusters without `auth`: one user, no password, everything allowed. */
export const openAccess: AccessControl = createAccessControl({ usersAcl: 'user default on nopass ~* &* +@all' });
