/** The default branch of a switch over a closed union: a new member becomes a type error, never a silent path. */
export function assertNever(value: never, what: string): never {
  throw new Error(`unexpected ${what}: ${JSON.stringify(value)}`);
}
