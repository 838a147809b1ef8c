import { MeridianError } from '../../../shared/errors/meridian-error.ts';
import { sha256Hex } from './rules.ts';

/** A bearer token of the HTTP API: whose it is and until when. */
export interface Token {
  readonly user: string;
  /** Wall clock; undefined: for ever. */
  readonly expiresAtMs: number | undefined;
}

export type TokenState = { readonly kind: 'user'; readonly user: string } | { readonly kind: 'expired' } | { readonly kind: 'unknown' };

const leastLength = 16;

/**
 * The file `tokens` of the users' Secret: `USER TOKEN [expires=RFC3339]` a line, empty lines and `#` comments between; TOKEN in the clear, or as `sha256:` and 64 hex
 * digits. The result is filed by the SHA-256 of the token. Throws NODE_CONFIG with the line's number; a token never stands in the error.
 */
export function parseTokens(text: string): ReadonlyMap<string, Token> {
  const tokens = new Map<string, Token>();
  text.split('\n').forEach((line, index) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0].startsWith('#')) return;
    const fail = (detail: string): never => {
      throw new MeridianError('NODE_CONFIG', { detail: `tokens line ${index + 1}: ${detail}` });
    };
    const [user, token, expiry, ...more] = words;
    if (token === undefined || more.length > 0) fail('it must be: USER TOKEN [expires=TIME]');
    const expiresAtMs = expiry === undefined ? undefined : Date.parse(/^expires=(.+)$/.exec(expiry)?.[1] ?? '');
    if (expiresAtMs !== undefined && Number.isNaN(expiresAtMs)) fail('expires= needs a time such as 2027-01-31T00:00:00Z');
    tokens.set(hashOf(token) ?? fail(`a token has at least ${leastLength} characters, or is sha256: and 64 hex digits`), { user, expiresAtMs });
  });
  return tokens;
}

function hashOf(token: string): string | undefined {
  if (token.startsWith('sha256:')) return /^[0-9a-f]{64}$/.exec(token.slice('sha256:'.length))?.[0];
  return token.length < leastLength ? undefined : sha256Hex(Buffer.from(token));
}
