import { describe, expect, it } from 'vitest';
import { createAccessControl } from './access-control.ts';
import { parseAclFile } from './acl-file.ts';
import { describeUser } from './rules.ts';

const secretHash = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b';

describe('ACL file', () => {
  it('reads users as Redis writes them', () => {
    const [user] = parseAclFile(`# people\n\nuser ada on #${secretHash} ~cache:* %R~shared:* &news -@all +@read +set -get\n`);
    expect(describeUser(user)).toBe(`user ada on #${secretHash} ~cache:* %R~shared:* &news -@all +@read +set -get`);
  });

  it.each([
    ['user', 'it must begin with: user NAME'],
    ['person ada on', 'it must begin with: user NAME'],
    ['user ada on\nuser ada off', "user 'ada' is there twice"],
    ['user ada maybe', "'maybe' is not an ACL rule"],
    ['user ada (~x +get)', 'selectors are not supported'],
    ['user ada #12', "'#12' is not an ACL rule"],
  ])('refuses %j', (text, detail) => {
    expect(() => parseAclFile(text)).toThrow(detail);
  });
});

describe('users', () => {
  it('the default user has the generated password, unless the file names it', () => {
    const access = createAccessControl({ defaultPassword: 'secret' });
    expect([access.openToAll, access.defaultHasNoPassword]).toEqual([false, false]);
    expect(access.authenticate('default', Buffer.from('secret'))).toBe(true);
    expect(access.authenticate('default', Buffer.from('Secret'))).toBe(false);
    expect(access.authenticate('nobody', Buffer.from('secret'))).toBe(false);
    expect(createAccessControl({ usersAcl: 'user default off', defaultPassword: 'secret' }).authenticate('default', Buffer.from('secret'))).toBe(false);
    expect(createAccessControl({}).authenticate('default', Buffer.from(''))).toBe(false);
  });

  it('open means: every command, key and channel without a password', () => {
    expect(createAccessControl({ usersAcl: 'user default on nopass ~* &* +@all' }).openToAll).toBe(true);
    expect(createAccessControl({ usersAcl: 'user default on nopass ~* &* +@all -debug' }).openToAll).toBe(false);
  });

  it('takes new files while serving', () => {
    const access = createAccessControl({ defaultPassword: 'one' });
    access.load({ defaultPassword: 'two' });
    expect(access.authenticate('default', Buffer.from('one'))).toBe(false);
    expect(access.authenticate('default', Buffer.from('two'))).toBe(true);
  });
});
