/** A bucket holds one second's worth, and at least one. */
const burstMs = 1000;
/** What rounding may take away. */
const crumb = 1e-6;

/**
 * Tokens that flow in at a steady rate and are taken by requests; what was taken beyond what was there is paid back first. Times are milliseconds of the
 * monotonic clock.
 */
export class TokenBucket {
  /** Tokens a second; Infinity: no limit. */
  perSecond: number = Infinity;
  tokens: number = Infinity;
  /** There is a rate. */
  limited = false;
  #atMs = 0;

  get capacity(): number {
    return Math.max(1, (this.perSecond * burstMs) / 1000);
  }

  /** From now on; a bucket that had no limit begins full. */
  setRate(perSecond: number, nowMs: number): void {
    if (perSecond === this.perSecond) return;
    const fresh = this.perSecond === Infinity;
    this.refill(nowMs);
    this.perSecond = perSecond;
    this.limited = perSecond !== Infinity;
    this.tokens = fresh ? this.capacity : Math.min(this.tokens, this.capacity);
    this.#atMs = nowMs;
  }

  /** From elsewhere, or to there. */
  add(tokens: number): void {
    if (this.limited) this.tokens = Math.min(this.capacity, this.tokens + tokens);
  }

  /** What was saved up is lost: meanwhile others may have had it. */
  forfeit(nowMs: number): void {
    this.refill(nowMs);
    if (this.limited) this.tokens = Math.min(this.tokens, 0);
  }

  refill(nowMs: number): void {
    // A turn keeps its own time: it may have begun before the last look.
    if (nowMs <= this.#atMs || !this.limited) return;
    this.tokens = Math.min(this.capacity, this.tokens + ((nowMs - this.#atMs) * this.perSecond) / 1000);
    this.#atMs = nowMs;
  }

  /** Whether a request for so many may run; one for more than the bucket ever holds runs when it is full, and leaves a debt. */
  has(wanted: number): boolean {
    return this.tokens + crumb >= Math.min(wanted, this.capacity);
  }

  /** Milliseconds until `wanted` tokens are there, at least 1. */
  waitMs(wanted: number): number {
    const missing = Math.min(Math.max(wanted, 1), this.capacity) - this.tokens;
    return this.perSecond === 0 ? burstMs : Math.max(1, Math.ceil((missing * 1000) / this.perSecond - crumb));
  }
}
