/** A file that is written by `npm run generate` and compared by `npm run verify`. */
export interface GeneratedFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly content: string;
}
