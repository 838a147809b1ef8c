import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder, ConformanceFault, redisSource } from './redis-source.ts';
import { detailsOf, failedCount, tableOf, type SuiteResult } from './report.ts';
import { runSuite, type Address } from './run-suite.ts';
import { startLocalCluster, startReference, type RunningServer } from './servers.ts';
import { suites } from './suites.ts';
import type { SuiteOutcome } from './suite-output.ts';

/** As a shell says that Ctrl-C ended a program. */
const signalExitCode = 130;

interface Options {
  readonly suites: readonly string[];
  readonly address: Address | undefined;
  readonly reference: boolean;
  readonly verbose: boolean;
}

/** Runs Redis' test suite; 0 when all passed, 1 when something failed, 2 when it could not be run. */
export async function runRedisConformance(args: readonly string[]): Promise<number> {
  // Leaving runs the exit handlers, which end what was started.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(signalExitCode));
  try {
    const options = optionsOf(args);
    const source = redisSource();
    return await runAll(options, source);
  } catch (error) {
    if (!(error instanceof ConformanceFault)) throw error;
    process.stderr.write(`conformance: ${error.message}\n`);
    return 2;
  }
}

async function runAll(options: Options, source: string): Promise<number> {
  const results: SuiteResult[] = [];
  let server = await serverFor(options);
  try {
    for (const suite of options.suites) {
      process.stdout.write(`== ${suite}\n`);
      const outcome = await runSuite(source, suite, server.address, (line) => options.verbose && process.stdout.write(`${line}\n`));
      const result = resultOf(options, suite, outcome);
      results.push(result);
      process.stdout.write(detailsOf(result));
      if (outcome.stopped === undefined && outcome.failed.length === 0) continue;
      // A failed test may leave a setting behind: that must not be in the way of the next suite.
      await server.stop();
      server = await serverFor(options);
    }
  } finally {
    await server.stop();
  }
  process.stdout.write(`\n${tableOf(results)}`);
  const failed = results.reduce((sum, result) => sum + failedCount(result), 0);
  process.stdout.write(`${results.reduce((sum, { outcome }) => sum + outcome.passed.length, 0)} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

function resultOf({ reference }: Options, suite: string, outcome: SuiteOutcome): SuiteResult {
  if (reference) keepReference(suite, outcome.passed);
  const known = knownReference(suite);
  const seen = new Set([...outcome.passed, ...outcome.failed.map(({ name }) => name)]);
  const notReached = outcome.stopped === undefined ? [] : known.filter((name) => !seen.has(name));
  return { suite, outcome, reference: reference ? outcome.passed.length : (suites.get(suite) ?? known.length), notReached };
}

/** Names of what redis-server passed, from the last `--reference`: only they tell which tests a run did not come to. */
function knownReference(suite: string): readonly string[] {
  const file = referenceFile(suite);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly string[]) : [];
}

function keepReference(suite: string, passed: readonly string[]): void {
  mkdirSync(join(cacheFolder(), 'reference'), { recursive: true });
  writeFileSync(referenceFile(suite), JSON.stringify(passed));
}

const referenceFile = (suite: string): string => join(cacheFolder(), 'reference', `${suite.replaceAll('/', '-')}.json`);

function serverFor({ address, reference }: Options): Promise<RunningServer> {
  if (address !== undefined) return Promise.resolve({ address, stop: () => Promise.resolve() });
  return reference ? startReference() : startLocalCluster();
}

function optionsOf(args: readonly string[]): Options {
  const { values } = parse(args);
  const chosen = values.suite ?? [...suites.keys()];
  const unknown = chosen.find((suite) => !suites.has(suite));
  if (unknown !== undefined) throw new ConformanceFault(`there is no suite "${unknown}"; there are ${[...suites.keys()].join(', ')}`);
  return { suites: chosen, address: values.addr === undefined ? undefined : addressOf(values.addr), reference: values.reference === true, verbose: values.verbose === true };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { suite: { type: 'string', multiple: true }, addr: { type: 'string' }, reference: { type: 'boolean' }, verbose: { type: 'boolean' } } });
  } catch (error) {
    throw new ConformanceFault(error instanceof Error ? error.message : String(error));
  }
}

function addressOf(text: string): Address {
  const parts = /^(.+):(\d+)$/.exec(text);
  if (parts === null) throw new ConformanceFault(`--addr takes host:port, not "${text}"`);
  return { host: parts[1], port: Number(parts[2]) };
}
