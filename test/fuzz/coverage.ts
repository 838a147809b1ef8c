import { Session, type Profiler } from 'node:inspector';

/** How often a block ran, in steps that tell a loop of two from one of two hundred. */
const bucketOf = (count: number): number => (count <= 3 ? count : 32 - Math.clz32(count));

/** Which blocks of the program's files an input reaches, by V8's own counters. In this thread. */
export class Coverage {
  readonly #session = new Session();
  readonly #concerns: (url: string) => boolean;
  readonly #seen = new Set<string>();

  constructor(concerns: (url: string) => boolean) {
    this.#concerns = concerns;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  get size(): number {
    return this.#seen.size;
  }

  /** Whether a block ran since the last call that never ran in an input that was credited. What a look costs makes it worth taking for several inputs at once. */
  hasNew(): boolean {
    let found = false;
    this.#ranSince((block) => (found ||= !this.#seen.has(block)));
    return found;
  }

  /** Credits one input with the blocks that ran since the last call, and how often; true when some of that is new. */
  credit(): boolean {
    const before = this.#seen.size;
    this.#ranSince((block, count) => {
      this.#seen.add(block);
      if (count > 1) this.#seen.add(`${block} ${bucketOf(count)}`);
    });
    return this.#seen.size > before;
  }

  #ranSince(visit: (block: string, count: number) => void): void {
    for (const { scriptId, url, functions } of this.#counters()) {
      if (!this.#concerns(url)) continue;
      for (const { ranges } of functions) for (const { startOffset, endOffset, count } of ranges) if (count > 0) visit(`${scriptId} ${startOffset} ${endOffset}`, count);
    }
  }

  #counters(): readonly Profiler.ScriptCoverage[] {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    // Within one thread it is answered before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error === null) scripts = answer.result;
    });
    return scripts;
  }
}
