import type { Clock } from '../ports/ports.ts';

/** Structured logging for operator and nodes: one JSON object a line, written through a port (stdout in production). */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with these fields on every record. */
  with(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly clock: Clock;
  /** Takes one line without its line feed. */
  readonly write: (line: string) => void;
  /** Records below it are dropped; default info. */
  readonly level?: LogLevel;
  readonly fields?: LogFields;
}

export function createLogger(options: LoggerOptions): Logger {
  const least = logLevels.indexOf(options.level ?? 'info');
  const base = options.fields ?? {};
  const at = (level: LogLevel): Logger['info'] => {
    if (logLevels.indexOf(level) < least) return () => {};
    return (message, fields) => options.write(formatRecord(options.clock.wallMs(), level, message, { ...base, ...fields }));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createLogger({ ...options, fields: { ...base, ...fields } }),
  };
}

/** For those who do not want to hear anything (tests, the simulator). */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => silentLogger };

/** One record as one line; never throws, whatever the fields hold. `time`, `level` and `message` cannot be overwritten. */
function formatRecord(wallMs: number, level: LogLevel, message: string, fields: LogFields): string {
  const record = { time: new Date(wallMs).toISOString(), level, message };
  try {
    return JSON.stringify({ ...record, ...fields, ...record }, jsonable);
  } catch {
    return JSON.stringify({ ...record, fields: 'could not be written as JSON' });
  }
}

function jsonable(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, ...('code' in value ? { code: value.code } : {}), stack, ...(cause === undefined ? {} : { cause }) };
}
