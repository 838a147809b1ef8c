import type { Random } from '../../shared/ports/ports.ts';

/** A caller that has a token fills the key within this time. */
export const fillExpiryMs = 30_000;
/** Keys that are being filled or known to be absent; beyond it the oldest are forgotten. */
const mostKeys = 100_000;

interface Fill {
  readonly namespace: string;
  /** Undefined: the key is known to have no value. */
  readonly token: string | undefined;
  readonly untilMs: number;
}

export type FillState = 'free' | 'filling' | 'absent';

/**
 * Who fills which key after a miss (B10): one caller has the token, the others wait; whatever is written or deleted meanwhile voids it, so nothing stale is stored. Also keys that
 * a caller found to have no value at their origin. Known to the primary only: a successor lets the next caller fill.
 */
export class Fills {
  readonly #byKey = new Map<string, Fill>();
  readonly #random: Random;
  /** Called when a key is being filled for the first time. */
  onUse: () => void = () => undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Keys are latin1, with their prefix. */
  stateOf(key: string, nowMs: number): FillState {
    const fill = this.#byKey.get(key);
    if (fill === undefined) return 'free';
    if (fill.untilMs > nowMs) return fill.token === undefined ? 'absent' : 'filling';
    this.#byKey.delete(key);
    return 'free';
  }

  /** The right to fill the key, which is free. */
  begin(key: string, namespace: string, nowMs: number): string {
    const token = Buffer.from(this.#random.bytes(16)).toString('hex');
    this.#put(key, { namespace, token, untilMs: nowMs + fillExpiryMs });
    return token;
  }

  /** True when the token is still good; it is used up. */
  take(key: string, token: string, nowMs: number): boolean {
    const fill = this.#byKey.get(key);
    if (fill === undefined || fill.token !== token || fill.untilMs <= nowMs) return false;
    this.#byKey.delete(key);
    return true;
  }

  /** The key has no value until then. */
  noteAbsent(key: string, namespace: string, untilMs: number): void {
    this.#put(key, { namespace, token: undefined, untilMs });
  }

  /** The key was written or deleted; true when somebody may wait for it. */
  voidKey(key: string): boolean {
    return this.#byKey.delete(key);
  }

  /** Keys of a namespace were invalidated: those that `goes` says. Returns them. */
  voidWhere(namespace: string, goes: (key: string) => boolean): readonly string[] {
    const gone: string[] = [];
    for (const [key, fill] of this.#byKey) {
      if (fill.namespace !== namespace || !goes(key)) continue;
      this.#byKey.delete(key);
      gone.push(key);
    }
    return gone;
  }

  /** Everything was deleted. */
  clear(): void {
    this.#byKey.clear();
  }

  #put(key: string, fill: Fill): void {
    if (this.#byKey.size === 0) this.onUse();
    this.#byKey.delete(key);
    if (this.#byKey.size >= mostKeys) this.#byKey.delete(this.#byKey.keys().next().value as string);
    this.#byKey.set(key, fill);
  }
}
