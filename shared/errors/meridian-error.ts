import { errorTable, type ErrorCode, type ErrorRow } from './table.ts';

export type ErrorDetails = Readonly<Record<string, string | number>>;

/** An error that may be shown to a user: a row of the table plus what the thrower knows. */
export class MeridianError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(sentenceOf(code, details), options);
    this.name = 'MeridianError';
    this.code = code;
    this.details = details;
  }

  get row(): ErrorRow {
    return errorTable[this.code];
  }
}

/** The table's sentence with its `{marks}` filled in. */
export function sentenceOf(code: ErrorCode, details: ErrorDetails = {}): string {
  return errorTable[code].sentence.replace(/\{(\w+)\}/g, (mark, name: string) => String(details[name] ?? mark));
}

/** The text after the `-` of a Redis error reply. */
export function redisErrorLine(code: ErrorCode, details: ErrorDetails = {}): string {
  return `${errorTable[code].redis} ${sentenceOf(code, details)}`;
}
