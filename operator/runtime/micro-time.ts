/** RFC 3339 with the six fractional digits that MicroTime fields (Lease, events.k8s.io) must have. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
