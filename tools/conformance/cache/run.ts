import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ConformanceFault } from '../redis-source.ts';
import type { Address } from '../run-suite.ts';
import { startLocalCluster, type LocalCluster } from '../servers.ts';
import { createApiClient } from './api-client.ts';
import { Unmet, type ConformanceCase, type Outcome, type OwnCluster, type Subject } from './case.ts';
import { chaosCases } from './chaos.ts';
import { functionalCases } from './functional.ts';
import { performanceCases } from './performance.ts';
import { createRedisLoad } from './redis-load.ts';

const signalExitCode = 130;
const caseLimitMs = 180_000;
const allCases = [...functionalCases, ...performanceCases, ...chaosCases];

/** Runs the list of a cache service; 0 when nothing failed, 1 when something did, 2 when it could not be run. */
export async function runCacheConformance(args: readonly string[]): Promise<number> {
  // Leaving runs the exit handlers, which end what was started.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(signalExitCode));
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { url: { type: 'string' }, addr: { type: 'string' }, namespace: { type: 'string', default: 'default' }, token: { type: 'string' }, password: { type: 'string' }, only: { type: 'string', multiple: true } },
    });
    const wanted = values.only?.flatMap((list) => list.split(',')) ?? [];
    const cases = allCases.filter(({ id }) => wanted.length === 0 || wanted.some((one) => id === one || id.startsWith(`${one}-`)));
    if (cases.length === 0) throw new ConformanceFault(`no case is called ${wanted.join(', ')}`);
    return await runAgainst(values, cases);
  } catch (error) {
    if (error instanceof ConformanceFault || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true) {
      process.stderr.write(`conformance: ${(error as Error).message}\n`);
      return 2;
    }
    throw error;
  }
}

async function runAgainst(values: { readonly url?: string; readonly addr?: string; readonly namespace: string; readonly token?: string; readonly password?: string }, cases: readonly ConformanceCase[]): Promise<number> {
  const local = values.url === undefined ? await startLocalCluster() : undefined;
  try {
    const url = values.url ?? (local as LocalCluster).http;
    const address = local?.address ?? (values.addr === undefined ? undefined : addressOf(values.addr));
    const api = createApiClient(url, values.namespace, values.token);
    const subject: Subject = { api, redis: address === undefined ? undefined : createRedisLoad(address, values.password), own: local === undefined ? undefined : ownCluster(local) };
    process.stdout.write(`${url}${address === undefined ? '' : `, Redis at ${address.host}:${address.port}`}, namespace ${values.namespace}\n\n`);
    const outcomes: Outcome[] = [];
    for (const one of cases) {
      const outcome = await outcomeOf(one, subject);
      outcomes.push(outcome);
      process.stdout.write(`${one.id}  ${one.title.padEnd(42)} ${outcome.kind.padEnd(8)} ${outcome.kind === 'passed' ? outcome.figure : outcome.reason}\n`);
    }
    api.close();
    const count = (kind: Outcome['kind']): number => outcomes.filter((outcome) => outcome.kind === kind).length;
    process.stdout.write(`\n${count('passed')} passed, ${count('failed')} failed, ${count('not run')} not run\n`);
    return count('failed') === 0 ? 0 : 1;
  } finally {
    await local?.stop();
  }
}

async function outcomeOf({ needs, run }: ConformanceCase, subject: Subject): Promise<Outcome> {
  if (needs === 'own' && subject.own === undefined) return { kind: 'not run', reason: 'needs a cluster of its own: leave out --url' };
  if (needs === 'redis' && subject.redis === undefined) return { kind: 'not run', reason: 'needs --addr' };
  const late = new AbortController();
  try {
    const tooLate = sleep(caseLimitMs, undefined, { signal: late.signal }).then((): never => {
      throw new Unmet(`no result within ${caseLimitMs / 1000} s`);
    });
    return { kind: 'passed', figure: await Promise.race([run(subject), tooLate]) };
  } catch (error) {
    const reason = error instanceof Unmet ? error.message : error instanceof Error ? `${error.name}: ${error.message || String((error as NodeJS.ErrnoException).code)}` : String(error);
    return { kind: 'failed', reason: reason.replaceAll(/\s+/g, ' ').slice(0, 300) };
  } finally {
    late.abort();
  }
}

function addressOf(text: string): Address {
  const [, host, port] = /^(.+):(\d+)$/.exec(text) ?? [];
  if (host === undefined) throw new ConformanceFault(`--addr ${text}: HOST:PORT is wanted`);
  return { host, port: Number(port) };
}

function ownCluster(local: LocalCluster): OwnCluster {
  return {
    killNode() {
      const [pid] = nodesOf(local.pid);
      if (pid === undefined) throw new Unmet('the node of the local cluster was not found');
      process.kill(pid, 'SIGKILL');
    },
    alive: () => existsSync(`/proc/${local.pid}`),
    async small() {
      const small = await startLocalCluster({ memory: '32Mi', eviction: 'allkeys-s3fifo' });
      const api = createApiClient(small.http, 'default', undefined);
      return {
        api,
        redis: createRedisLoad(small.address, undefined),
        async stop() {
          api.close();
          await small.stop();
        },
      };
    },
  };
}

/** Children of local mode that are nodes. */
function nodesOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(readFileSync(`/proc/${name}/stat`, 'latin1').split(') ')[1].split(' ')[1]) === pid && readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0').includes('node');
      } catch {
        return false;
      }
    })
    .map(Number);
}
