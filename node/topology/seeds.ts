import { addressesOf } from '../../shared/io/dns.ts';
import { readTextFile } from '../../shared/io/files.ts';

export interface SeedAddress {
  readonly host: string;
  readonly port: number;
}

/** Where other members may be found, asked anew each time: pods come and go. */
export type Seeds = () => Promise<readonly SeedAddress[]>;

/** One host:port a line (local mode). */
export const fileSeeds =
  (path: string): Seeds =>
  () =>
    Promise.resolve(parseSeeds(readTextFile(path) ?? ''));

/** The addresses behind the region's headless Service. */
export const serviceSeeds =
  (name: string, port: number): Seeds =>
  async () =>
    (await addressesOf(name)).map((host) => ({ host, port }));

function parseSeeds(text: string): readonly SeedAddress[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*\[?([^\s\]]+?)\]?:(\d{1,5})\s*$/.exec(line);
    return match === null ? [] : [{ host: match[1], port: Number(match[2]) }];
  });
}
