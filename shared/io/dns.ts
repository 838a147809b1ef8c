import { lookup } from 'node:dns/promises';

/** Every address of a name, both families; none when the name does not resolve (yet). */
export async function addressesOf(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
