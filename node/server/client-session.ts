import type { RespVersion } from './reply-writer.ts';

export type ReplyMode = 'on' | 'off' | 'skip-next' | 'skip';
export type ClientClass = 'normal' | 'pubsub' | 'replica';

/**
 * What the server knows of one connection, apart from its bytes. Commands read and change it through `call.client`.
 * Data commands need little of it: `noTouch`, `readonly` and `inTransaction`.
 */
export interface ClientSession {
  /** Rises by one per accepted connection, never used twice. */
  readonly id: number;
  /** `ip:port` of the other side and of ours. */
  readonly address: string;
  readonly localAddress: string;
  readonly createdAtMs: number;
  lastActiveMs: number;
  resp: RespVersion;
  name: string;
  libraryName: string;
  libraryVersion: string;
  /** ACL user; `authenticated` is false until AUTH when the default user has a password. */
  user: string;
  authenticated: boolean;
  /** READONLY was sent: a replica may answer reads. */
  readonly: boolean;
  /** ASKING was sent: holds for the next command only. */
  asking: boolean;
  /** True while the commands of an EXEC run. */
  inTransaction: boolean;
  noEvict: boolean;
  noTouch: boolean;
  replyMode: ReplyMode;
}
