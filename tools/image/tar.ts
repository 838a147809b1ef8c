/** One entry of an archive: a file with its bytes, a directory, or a symbolic link. */
export type Entry =
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Uint8Array; readonly executable: boolean }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const blockBytes = 512;
const typeFlags = { file: '0', link: '2', directory: '5' } as const;

/** A ustar archive: owner 0, time 0, in the given order, so that the same files give the same bytes. */
export function tar(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap((entry) => [header(entry), ...(entry.kind === 'file' ? [Buffer.from(entry.bytes.buffer, entry.bytes.byteOffset, entry.bytes.byteLength), padding(entry.bytes.length)] : [])]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

const padding = (size: number): Buffer => Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);

function header(entry: Entry): Buffer {
  const block = Buffer.alloc(blockBytes);
  const { name, prefix } = split(entry.path.replace(/^\//, ''));
  const octal = (value: number, offset: number, width: number): number => block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset);
  block.write(name, 0);
  octal(entry.kind === 'file' && !entry.executable ? 0o644 : 0o755, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(entry.kind === 'file' ? entry.bytes.length : 0, 124, 12);
  octal(0, 136, 12);
  block.write('        ', 148);
  block.write(typeFlags[entry.kind], 156);
  if (entry.kind === 'link') block.write(entry.target, 157);
  block.write('ustar\0' + '00', 257);
  block.write(prefix, 345);
  block.write(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Names have room for 100 bytes, and for 155 more before a slash. */
function split(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { name, prefix };
  }
  throw new Error(`the path is too long for a ustar archive: ${path}`);
}
