/** A refused field, in the API server's words. */
export type FieldErrorReason =
  | 'FieldValueInvalid'
  | 'FieldValueTypeInvalid'
  | 'FieldValueRequired'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany';

export interface FieldError {
  /** `spec.regions[1].name`; `<nil>` for the object as a whole. */
  readonly path: string;
  readonly reason: FieldErrorReason;
  /** What follows the path: `Invalid value: 0: … should be greater than or equal to 1`. */
  readonly detail: string;
  /** `path: detail`, as kubectl prints it. */
  readonly sentence: string;
}

const words: Readonly<Record<FieldErrorReason, string>> = {
  FieldValueInvalid: 'Invalid value',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueRequired: 'Required value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
};

/** The API server leaves the CEL rules out while one of these stands. */
const blockingReasons: ReadonlySet<FieldErrorReason> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

export const isBlocking = (error: FieldError): boolean => blockingReasons.has(error.reason);

/** Says that the sentence shows no value: objects and lists in CEL errors, required fields. */
export const omitted: unique symbol = Symbol('omitted');

export function fieldError(path: string, reason: FieldErrorReason, value: unknown, text: string): FieldError {
  const place = path === '' ? '<nil>' : path;
  const shown = value === omitted ? words[reason] : `${words[reason]}: ${JSON.stringify(value ?? null)}`;
  const detail = text === '' ? shown : `${shown}: ${text}`;
  return { path: place, reason, detail, sentence: `${place}: ${detail}` };
}

export const childPath = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
