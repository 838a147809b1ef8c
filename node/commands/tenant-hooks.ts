import type { Command } from './registry.ts';
import type { Call } from './spec.ts';

/** `yours`: with this token; `filling`: somebody else does; `absent`: it is known that there is nothing. */
export type FillAnswer = { readonly kind: 'yours'; readonly token: string } | { readonly kind: 'filling' } | { readonly kind: 'absent' };

/** What a namespace adds to the reads and writes of its keys; argument `i` of the call is the key, its namespace's prefix included. */
export interface TenantHooks {
  /** There are namespaces, fills or dependencies: the methods that say so are to be called for each command. */
  readonly attentive: boolean;
  /** Requests that were refused since the turn began. */
  readonly refusals: number;
  /** A turn begins, at this time of the monotonic clock. */
  beginTurn(nowMs: number): void;
  /** (attentive) Undefined: the request is within the quotas of its namespace and counted; else the error line. */
  admit(command: Command, call: Call): string | undefined;
  /** (attentive) As `admit`, for a command without keys. */
  admitOther(command: Command, call: Call): string | undefined;
  /** The client is this user from now on, and a connection of the user's namespace. Undefined: it may be; else the error line. */
  signIn(call: Call, user: string): string | undefined;
  /** (attentive) The request has been answered with so many bytes. */
  answered(command: Command, call: Call, bytes: number): void;
  /** The expiry that a write is to ask for: `expireAtMs`, a time or 0 for none. Default and longest life are the store's business. */
  expiryFor(call: Call, i: number, expireAtMs: number): number;
  /** The limit in bytes that a value of `valueBytes` oversteps; 0: none. */
  tooLarge(call: Call, i: number, valueBytes: number): number;
  /** The key was written: these are its tags and what it depends on from now on (keys of its namespace, without the prefix). */
  tag(call: Call, i: number, tags: readonly string[], dependsOn: readonly string[]): void;
  /** Something that depends on something may be written to the namespace of the key: the other shards know. False: not yet, in a moment. */
  mayDepend(call: Call, i: number): boolean;
  tagsOf(call: Call, i: number): readonly string[];
  /** A miss: may this caller fill the key? */
  beginFill(call: Call, i: number): FillAnswer;
  /** The fill token is the key's and was not voided; it is used up. */
  fillAllowed(call: Call, i: number, token: string): boolean;
  /** The holder of the token found that there is no value: nobody asks again for a while. False when the token was voided. */
  noteAbsent(call: Call, i: number, token: string): boolean;
  /** (attentive) A command ran: who was to fill what it wrote or deleted may not any more, and what depends on that goes. */
  ran(command: Command, call: Call, failed: boolean): void;
  /** PUBLISH: argument 1 may be a namespace's invalidation channel. */
  published(call: Call): void;
  /** Deletes what depends on keys that went by themselves. */
  settle(): void;
}
