const mostLength = 200;
const varying = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,}|\d+/gi;

/** A key with what differs from one to the next (numbers, UUIDs, digests) as `*`: so many rows of a log can be grouped, and no person is named by them. */
export const keyPattern = (key: string): string => key.slice(0, 2 * mostLength).replaceAll('\0', ' ').replace(varying, '*').slice(0, mostLength);
