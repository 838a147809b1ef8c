import type { CommandSpec } from '../spec.ts';

export const reset: CommandSpec = {
  name: 'reset',
  summary: 'Puts the connection back to its state after connecting.',
  since: '6.2.0',
  group: 'connection',
  complexity: 'O(1)',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  keys: [],
  run({ client, node, reply }) {
    const { access, channels, monitors, tracking, watchers } = node.server;
    monitors.forget(client);
    channels.forget(client);
    tracking.disable(client);
    watchers.forget(client);
    client.transaction = undefined;
    client.watchBroken = false;
    client.resp = 2;
    reply.resp = 2;
    client.name = '';
    client.asking = false;
    client.readonly = false;
    client.noEvict = false;
    client.noTouch = false;
    client.replyMode = 'on';
    client.user = 'default';
    client.authenticated = access.defaultHasNoPassword;
    reply.simple('RESET');
  },
};
