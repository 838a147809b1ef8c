import type { ClientSession } from '../client-session.ts';
import { ReplyWriter } from '../reply-writer.ts';

const redirectChannel = '__redis__:invalidate';

function encoded(resp: 2 | 3, size: number, write: (writer: ReplyWriter) => void): Uint8Array {
  const writer = new ReplyWriter(size + 128);
  writer.resp = resp;
  write(writer);
  return Buffer.from(writer.buffer.subarray(0, writer.position));
}

function writeKeys(writer: ReplyWriter, keys: readonly string[] | undefined): void {
  if (keys === undefined) return writer.nil();
  writer.array(keys.length);
  for (const key of keys) writer.bulkLatin1(key);
}

/**
 * The invalidation of these keys (undefined: of all) for a tracking client, sent to itself (RESP3) or where it redirects to. A RESP2 client without a
 * redirection cannot be told. Returns false when the redirection's target is gone.
 */
export function sendInvalidation(client: ClientSession, target: ClientSession | undefined, keys: readonly string[] | undefined): boolean {
  const redirected = client.tracking?.redirect !== undefined && client.tracking.redirect !== 0;
  const receiver = redirected ? target : client;
  if (receiver === undefined) {
    tellBroken(client);
    return false;
  }
  const size = keys?.reduce((sum, key) => sum + key.length + 16, 0) ?? 0;
  if (receiver.resp === 3) {
    receiver.output.send(encoded(3, size, (writer) => {
      writer.push(2);
      writer.bulkLatin1('invalidate');
      writeKeys(writer, keys);
    }));
  } else if (redirected && receiver.subscribed) {
    receiver.output.send(encoded(2, size, (writer) => {
      writer.push(3);
      writer.bulkLatin1('message');
      writer.bulkLatin1(redirectChannel);
      if (keys === undefined) writer.nullArray();
      else writeKeys(writer, keys);
    }));
  }
  return true;
}

function tellBroken(client: ClientSession): void {
  const { tracking } = client;
  if (tracking === undefined || tracking.broken) return;
  tracking.broken = true;
  if (client.resp !== 3) return;
  client.output.send(encoded(3, 64, (writer) => {
    writer.push(2);
    writer.bulkLatin1('tracking-redir-broken');
    writer.integer(tracking.redirect);
  }));
}
