import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPauseImage, buildProductImage } from './image/build.ts';
import { repositoryRoot } from './image/contents.ts';
import { buildFromDockerfile } from './image/from-dockerfile.ts';

const usage = `usage: npm run image -- [--out FILE] [--name IMAGE] [--pause FILE] [--dockerfile [--stand-in]]
  Writes the container image as an OCI archive, without Docker. Load it with
    ctr -n k8s.io images import FILE      or      kind load image-archive FILE
  --out    default dist/meridian.tar        --name   default meridian.local/meridian:dev
  --pause  also writes the pod sandbox's image to FILE
  --dockerfile  by the Dockerfile's steps instead, with buildah (root): what docker build makes of it; fails when the files are not the same, or it does not run
  --stand-in    and without a registry of images: its base is made of this machine's shell, Node and npm
`;

const { values } = parseArgs({ options: { out: { type: 'string' }, name: { type: 'string' }, pause: { type: 'string' }, dockerfile: { type: 'boolean' }, 'stand-in': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
if (values.help) process.stdout.write(usage);
else {
  const file = resolve(values.out ?? join(repositoryRoot, 'dist', 'meridian.tar'));
  const name = values.name ?? 'meridian.local/meridian:dev';
  const says = values.dockerfile ? `, the files of the other build, version ${buildFromDockerfile({ file, name, standIn: values['stand-in'] === true })}` : (buildProductImage(file, name), '');
  process.stdout.write(`${name} ${file} ${(statSync(file).size / 1e6).toFixed(0)} MB${says}\n`);
  if (values.pause) await buildPauseImage(resolve(values.pause), 'meridian.local/pause:1');
}
