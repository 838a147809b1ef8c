import type { Statistics } from '../commands/services.ts';

const sampleCount = 16;

/** Counters, and rates over the last `sampleCount` samples; `sample` is called at a steady pace. */
export class ServerStatistics implements Statistics {
  readonly startedAtMs: number;
  connectionsReceived = 0;
  connectionsRejected = 0;
  commandsProcessed = 0;
  inputBytes = 0;
  outputBytes = 0;
  errorReplies = 0;
  unexpectedErrors = 0;
  readonly errorsByWord = new Map<string, number>();
  aclDeniedAuth = 0;
  aclDeniedCommand = 0;
  aclDeniedKey = 0;
  aclDeniedChannel = 0;
  outputLimitDisconnections = 0;
  clientsEvicted = 0;
  peakClients = 0;
  readonly #samples: { readonly atMs: number; readonly commands: number; readonly input: number; readonly output: number }[] = [];

  constructor(startedAtMs: number) {
    this.startedAtMs = startedAtMs;
  }

  sample(atMs: number): void {
    this.#samples.push({ atMs, commands: this.commandsProcessed, input: this.inputBytes, output: this.outputBytes });
    if (this.#samples.length > sampleCount) this.#samples.shift();
  }

  get operationsPerSecond(): number {
    return this.#rate('commands');
  }

  get inputBytesPerSecond(): number {
    return this.#rate('input');
  }

  get outputBytesPerSecond(): number {
    return this.#rate('output');
  }

  #rate(field: 'commands' | 'input' | 'output'): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return Math.max(0, ((last[field] - first[field]) * 1000) / (last.atMs - first.atMs));
  }

  reset(): void {
    this.connectionsReceived = 0;
    this.connectionsRejected = 0;
    this.commandsProcessed = 0;
    this.inputBytes = 0;
    this.outputBytes = 0;
    this.errorReplies = 0;
    this.unexpectedErrors = 0;
    this.errorsByWord.clear();
    this.aclDeniedAuth = 0;
    this.aclDeniedCommand = 0;
    this.aclDeniedKey = 0;
    this.aclDeniedChannel = 0;
    this.outputLimitDisconnections = 0;
    this.clientsEvicted = 0;
    this.#samples.length = 0;
  }
}
