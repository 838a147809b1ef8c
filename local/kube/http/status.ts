import { KubeError } from '../../../operator/kube/port.ts';

export interface StatusAbout {
  readonly name?: string;
  readonly group?: string;
  /** The plural, as the API server has it in `details.kind`. */
  readonly kind?: string;
  readonly uid?: string;
}

/** A KubeError as the Status object that goes over the wire. */
export function failure(error: KubeError, about: StatusAbout = {}): Record<string, unknown> {
  const causes = error.causes.map(({ field, message, reason }) => ({ ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }), ...(field === undefined ? {} : { field }) }));
  const details = { ...(error.reason === 'Invalid' ? invalidAbout(error.message, about) : about), ...(causes.length > 0 ? { causes } : {}), ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }) };
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    reason: error.reason,
    ...(Object.keys(details).length > 0 ? { details } : {}),
    code: error.code,
  };
}

/** An invalid object is named by its kind, and by its own name even where the path has none. */
function invalidAbout(message: string, about: StatusAbout): StatusAbout {
  const match = /^([A-Za-z]+)(?:\.(\S+))? "([^"]*)" is invalid: /.exec(message);
  return match ? { name: match[3], ...(match[2] === undefined ? {} : { group: match[2] }), kind: match[1] } : about;
}

export const success = (about: StatusAbout): Record<string, unknown> => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: about });

/** Anything thrown, as a KubeError; what is no KubeError is a fault of ours. */
export function asKubeError(error: unknown): KubeError {
  return error instanceof KubeError ? error : new KubeError(500, 'InternalError', `Internal error occurred: ${(error as Error).message}`);
}
