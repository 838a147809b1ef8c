import { MeridianError } from '../../../shared/errors/meridian-error.ts';
import { applyRule, newUser, type AclUser } from './rules.ts';

/**
 * Users of an ACL file in Redis' format: one `user NAME RULE …` a line, empty lines and `#` comments between. Throws NODE_CONFIG with the line's number
 * for what it does not understand: a rule that is passed over could open what was meant to be closed.
 */
export function parseAclFile(text: string): readonly AclUser[] {
  const users = new Map<string, AclUser>();
  text.split('\n').forEach((line, index) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0].startsWith('#')) return;
    const fail = (detail: string): never => {
      throw new MeridianError('NODE_CONFIG', { detail: `users.acl line ${index + 1}: ${detail}` });
    };
    if (words[0] !== 'user' || words.length < 2) fail('it must begin with: user NAME');
    if (users.has(words[1])) fail(`user '${words[1]}' is there twice`);
    if (line.includes('(')) fail('selectors are not supported');
    let user = newUser(words[1]);
    for (const rule of words.slice(2)) user = applyRule(user, rule) ?? fail(`'${rule}' is not an ACL rule`);
    users.set(user.name, user);
  });
  return [...users.values()];
}
