import { verbBits } from '../commands/bound-namespaces.ts';
import type { AccessControl } from '../commands/services.ts';
import type { ClientSession } from './client-session.ts';

/** Rights have changed: commands are looked at one by one, but who listens would go on hearing. Connections that hear what their user may not hear any more are closed. */
export function closeRevoked(clients: Iterable<ClientSession>, access: AccessControl, readLess: ReadonlySet<string>): void {
  for (const client of [...clients]) if (!mayGoOn(client, access, readLess)) client.output.closeNow();
}

function mayGoOn(client: ClientSession, access: AccessControl, readLess: ReadonlySet<string>): boolean {
  const { user, channels, patterns, shardChannels, tracking, monitor, watched } = client;
  for (const name of [...(channels ?? []), ...(shardChannels ?? [])]) if (!access.mayListen(user, name, false)) return false;
  for (const pattern of patterns ?? []) if (!access.mayListen(user, pattern, true)) return false;
  if (monitor && !access.isAdmin(user)) return false;
  // EXEC would tell whether a watched key has changed.
  if (watched !== undefined && readLess.has(user)) return false;
  if (tracking === undefined) return true;
  // Which of its keys a plain tracking client has read is not asked: it has to forget some of them, and a new connection forgets all.
  if (!tracking.bcast) return !readLess.has(user);
  const bound = access.boundTo(user);
  return bound === undefined ? !readLess.has(user) : [...tracking.prefixes].every((prefix) => bound.some(({ name, verbs }) => (verbs & verbBits.read) !== 0 && prefix.startsWith(`${name}:`)));
}
