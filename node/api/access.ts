import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { NamespaceVerb } from '../../shared/namespaces/document.ts';
import type { AccessControl } from '../commands/services.ts';
import type { ApiAccess } from './api-node.ts';

type TokenState = { readonly kind: 'user'; readonly user: string } | { readonly kind: 'expired' } | { readonly kind: 'unknown' };

/** What the users Secret says about tokens and namespaces. */
export interface TokenAccess extends AccessControl {
  tokenState?(token: string): TokenState;
  mayUse?(user: string, namespace: string, verb: NamespaceVerb): boolean;
}

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
    mayUse: (user, namespace, verb) => access.openToAll || (access.mayUse?.(user, namespace, verb) ?? user === anonymous),
  };
}
