import type { Ports } from '../../shared/ports/ports.ts';
import { globMatches } from '../commands/pubsub/glob.ts';
import { nodeItself } from '../server/acl/access-control.ts';
import type { Store } from '../engine/store.ts';
import type { NamespaceFacts, NamespaceLookup } from './api-node.ts';
import type { LocalCommands } from './local-commands.ts';
import { errorOfReply } from './answer.ts';
import { encodeCommand, parseReplies, ReplyError } from './resp.ts';

/** Keys looked at in one slice, so that others are served in between. */
const keysPerSlice = 2_000;
const keysPerBatch = 200;

export interface FlushOptions {
  readonly ports: Ports;
  readonly store: Store;
  readonly local: LocalCommands;
  readonly namespaces: NamespaceLookup;
  readonly nowMs: () => number;
}

/**
 * Deletes the keys of a namespace on this node, those that match a glob over the key without its prefix; answers how many. A walk in slices beside
 * other work: a key that is there all the while goes, one written meanwhile may stay.
 */
export async function flushKeys({ ports, store, local, namespaces, nowMs }: FlushOptions, namespace: NamespaceFacts, pattern: string | undefined): Promise<number> {
  const prefix = Buffer.from(namespace.prefix);
  const glob = pattern === undefined ? undefined : Buffer.from(pattern).toString('latin1');
  const refs: number[] = [];
  let deleted = 0;
  let cursor = 0;

  function matching(ref: number): Buffer | undefined {
    if (store.isExpired(ref, nowMs())) return undefined;
    store.open(ref);
    const { entryBytes, keyStart, keyLength } = store;
    for (let i = 0; i < prefix.length; i++) if (entryBytes[keyStart + i] !== prefix[i]) return undefined;
    const key = Buffer.from(entryBytes.subarray(keyStart, keyStart + keyLength));
    if (prefix.length === 0 && namespaces.ownerOf(key) !== undefined) return undefined;
    return glob === undefined || globMatches(glob, key.toString('latin1', prefix.length)) ? key : undefined;
  }

  async function unlink(keys: readonly Buffer[]): Promise<void> {
    const replies = parseReplies(await local.run(nodeItself, Buffer.concat(keys.map((key) => encodeCommand(['UNLINK', key]))), keys.length), keys.length);
    for (const reply of replies) {
      if (reply instanceof ReplyError) throw errorOfReply(reply);
      deleted += Number(reply);
    }
  }

  do {
    const found: Buffer[] = [];
    let looked = 0;
    do {
      refs.length = 0;
      cursor = store.scanStep(cursor, refs);
      looked += refs.length + 1;
      for (const ref of refs) {
        const key = matching(ref);
        if (key !== undefined) found.push(key);
      }
    } while (cursor !== 0 && looked < keysPerSlice && found.length < keysPerBatch);
    for (let at = 0; at < found.length; at += keysPerBatch) await unlink(found.slice(at, at + keysPerBatch));
    await new Promise<void>((resolve) => ports.timers.soon(resolve));
  } while (cursor !== 0);
  return deleted;
}
