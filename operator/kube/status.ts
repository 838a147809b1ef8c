import { KubeError } from './port.ts';

interface StatusBody {
  readonly kind?: unknown;
  readonly code?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly details?: { readonly name?: unknown; readonly retryAfterSeconds?: unknown; readonly causes?: unknown };
}

/** The error of an answer that is not 2xx. Proxies in between answer with anything, so nothing is relied on. */
export function errorOfAnswer(status: number, body: string, retryAfterHeader?: string | string[]): KubeError {
  const parsed = parsedStatus(body);
  if (parsed) return errorOfStatus(parsed, status, secondsOf(retryAfterHeader));
  const text = body.replace(/\s+/g, ' ').trim().slice(0, 200);
  return new KubeError(status, reasons[status] ?? 'Unknown', text === '' ? `the server answered ${status}` : text, { retryAfterSeconds: secondsOf(retryAfterHeader) });
}

/** The error of a Status object (a failed answer's body, or the object of a watch's ERROR event). */
export function errorOfStatus(status: StatusBody, code = 0, retryAfterSeconds?: number): KubeError {
  const { details } = status;
  return new KubeError(
    typeof status.code === 'number' ? status.code : code,
    typeof status.reason === 'string' && status.reason !== '' ? status.reason : (reasons[code] ?? 'Unknown'),
    typeof status.message === 'string' ? status.message : `the server answered ${code}`,
    {
      retryAfterSeconds: typeof details?.retryAfterSeconds === 'number' ? details.retryAfterSeconds : retryAfterSeconds,
      causes: Array.isArray(details?.causes) ? (details.causes as KubeError['causes']) : [],
    },
  );
}

/** True when the answer says that this object is not there; a 404 for a whole type (CRD not installed) names no object. */
export function isMissingObject(body: string): boolean {
  return typeof parsedStatus(body)?.details?.name === 'string';
}

function parsedStatus(body: string): StatusBody | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && (value as StatusBody).kind === 'Status' ? (value as StatusBody) : undefined;
  } catch {
    return undefined;
  }
}

function secondsOf(header: string | string[] | undefined): number | undefined {
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

/** For answers without a Status body. */
const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};
