import type { EntrySource, EvictionPolicy } from './policy.ts';

/** Draws before the keys that expire soonest are taken instead. */
const maxDraws = 32;

/** Any key, or any that expires. */
export class RandomEviction implements EvictionPolicy {
  readonly name: 'allkeys-random' | 'volatile-random';
  readonly memoryBytes = 0;
  readonly #entries: EntrySource;
  readonly #volatile: boolean;

  constructor(entries: EntrySource, volatile: boolean) {
    this.name = volatile ? 'volatile-random' : 'allkeys-random';
    this.#entries = entries;
    this.#volatile = volatile;
  }

  added(): void {}
  touched(): void {}
  removed(): void {}
  moved(): void {}
  resized(): void {}
  expiryChanged(): void {}
  cleared(): void {}

  holds(): boolean {
    return true;
  }

  victim(): number {
    if (!this.#volatile) return this.#entries.drawEntry();
    for (let i = 0; i < maxDraws; i++) {
      const ref = this.#entries.drawEntry();
      if (ref === 0 || this.#entries.expires(ref)) return ref;
    }
    return this.#entries.soonestToExpire();
  }
}

/** The key that expires first. */
export class SoonestExpiry implements EvictionPolicy {
  readonly name = 'volatile-ttl';
  readonly memoryBytes = 0;
  readonly #entries: EntrySource;

  constructor(entries: EntrySource) {
    this.#entries = entries;
  }

  added(): void {}
  touched(): void {}
  removed(): void {}
  moved(): void {}
  resized(): void {}
  expiryChanged(): void {}
  cleared(): void {}

  holds(): boolean {
    return true;
  }

  victim(): number {
    return this.#entries.soonestToExpire();
  }
}
