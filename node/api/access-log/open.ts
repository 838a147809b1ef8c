import { MeridianError } from '../../../shared/errors/meridian-error.ts';
import type { Logger } from '../../../shared/log/log.ts';
import type { Ports } from '../../../shared/ports/ports.ts';
import { createAccessLog, type AccessLog, type AccessSink } from './access-log.ts';
import { stdoutSink } from './stdout-sink.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface OpenAccessLogOptions {
  readonly ports: Ports;
  readonly log: Logger;
  readonly env: Env;
  readonly place: { readonly cluster: string; readonly region: string; readonly node: string };
  readonly writeLine: (line: string) => void;
}

const defaultRetentionDays = 14;

/**
 * The access log that the environment asks for: MERIDIAN_ACCESS_LOG names its sinks (`stdout`, `postgres`, or both with a comma; absent: none), MERIDIAN_ACCESS_LOG_SAMPLE the part
 * of the requests (0 to 1, absent: all), MERIDIAN_ACCESS_LOG_POSTGRES_URL the database, MERIDIAN_ACCESS_LOG_RETENTION_DAYS how long days are kept. Throws NODE_CONFIG.
 */
export async function openAccessLog({ ports, log, env, place, writeLine }: OpenAccessLogOptions): Promise<AccessLog> {
  const names = (env.MERIDIAN_ACCESS_LOG ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  const sample = numberOf(env, 'MERIDIAN_ACCESS_LOG_SAMPLE', 1, 0, 1);
  const retentionDays = numberOf(env, 'MERIDIAN_ACCESS_LOG_RETENTION_DAYS', defaultRetentionDays, 1, 36_500);
  const sinks: AccessSink[] = [];
  for (const name of new Set(names)) {
    if (name === 'stdout') {
      sinks.push(stdoutSink(writeLine));
    } else if (name === 'postgres') {
      const url = env.MERIDIAN_ACCESS_LOG_POSTGRES_URL;
      if (url === undefined || url === '') throw new MeridianError('NODE_CONFIG', { detail: 'MERIDIAN_ACCESS_LOG_POSTGRES_URL is not set' });
      const { postgresSink } = await import('./postgres-sink.ts');
      sinks.push(postgresSink({ ports, url, retentionDays, place, unreachable: (error) => log.warn('the database of the access log cannot be reached', { error: wordsOf(error) }) }));
    } else {
      throw new MeridianError('NODE_CONFIG', { detail: `MERIDIAN_ACCESS_LOG: '${name}' is neither stdout nor postgres` });
    }
  }
  return createAccessLog({ ports, sinks, sample, lost: (sink, records, error) => log.warn('records of the access log were lost', { sink, records, error: wordsOf(error) }) });
}

/** Without the address: it may hold a password. */
const wordsOf = (error: unknown): string => (error instanceof Error ? (error as NodeJS.ErrnoException).code ?? error.message : 'unknown');

function numberOf(env: Env, name: string, otherwise: number, least: number, most: number): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw new MeridianError('NODE_CONFIG', { detail: `${name} must be a number from ${least} to ${most}` });
}
