import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { AccessControl } from '../commands/services.ts';
import type { LoadedAccess } from '../server/acl/access-control.ts';
import type { ApiAccess } from './api-node.ts';

/** What the users Secret says about tokens and namespaces; absent where everything is open. */
type TokenAccess = AccessControl & Partial<Pick<LoadedAccess, 'tokenState' | 'mayUse' | 'boundTo'>>;

const anonymous = 'default';

/** Bearer tokens; without one the request is the user `default`'s, where that needs no password. */
export function createApiAccess(access: TokenAccess): ApiAccess {
  return {
    get isPublic() {
      return access.openToAll;
    },
    userOf(authorization) {
      if (access.openToAll) return anonymous;
      if (authorization === undefined) {
        if (access.defaultHasNoPassword) return anonymous;
        throw new MeridianError('NO_AUTH');
      }
      const token = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1];
      const state = token === undefined ? undefined : access.tokenState?.(token);
      if (state?.kind === 'user') return state.user;
      throw new MeridianError(state?.kind === 'expired' ? 'EXPIRED_TOKEN' : 'INVALID_TOKEN');
    },
    isBound: (user) => !access.openToAll && access.boundTo?.(user) !== undefined,
    mayUse: (user, namespace, verb) => access.openToAll || (access.mayUse?.(user, namespace, verb) ?? user === anonymous),
  };
}
