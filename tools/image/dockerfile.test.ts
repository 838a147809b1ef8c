import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { warmUp } from './compile-cache.ts';
import { appDir, environment, imageUser, isLeftOut, launcherPath, launcherSource, pluginPath, productFiles, repositoryRoot } from './contents.ts';

const read = (path: string): readonly string[] => readFileSync(join(repositoryRoot, path), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
/** The last stage is the image. */
const stage = read('Dockerfile').slice(read('Dockerfile').findLastIndex((line) => line.startsWith('FROM ')));

test('the Dockerfile copies the files of the one list, to the same places', () => {
  const copies = stage.filter((line) => line.startsWith('COPY ') && !line.includes('--from=')).map((line) => line.split(' ').slice(1));
  const product = copies.filter(([source]) => source !== launcherSource).flatMap((words) => words.slice(0, -1));
  expect(product.toSorted()).toEqual([...productFiles].toSorted());
  for (const words of copies) expect([words[0], './', launcherPath]).toContain(words.at(-1));
  expect(stage).toContain(`WORKDIR ${appDir}`);
});

test('it runs the same program as the same user with the same environment', () => {
  expect(stage).toContain(`COPY ${launcherSource} ${launcherPath}`);
  expect(stage).toContain(`RUN ln -s meridian ${pluginPath}`);
  expect(stage).toContain(`USER ${imageUser}:${imageUser}`);
  expect(stage).toContain('ENTRYPOINT ["meridian"]');
  const set = stage.find((line) => line.startsWith('ENV ')) ?? '';
  const variables = [...set.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)].map(([, name, quoted, plain]) => `${name}=${quoted ?? plain}`);
  expect(variables.toSorted()).toEqual(Object.entries(environment).filter(([name]) => name !== 'PATH').map(([name, value]) => `${name}=${value}`).toSorted());
  expect(stage.some((line) => line.startsWith('RUN ["node"') && line.includes(JSON.stringify(warmUp)))).toBe(true);
  expect(readFileSync(join(repositoryRoot, launcherSource), 'utf8')).toContain(`import('${appDir}/cli/main.ts')`);
});

test('what Docker is given is the list, without what is left out', () => {
  const lines = read('.dockerignore');
  expect(lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)).toSorted()).toEqual([...productFiles, 'package-lock.json', launcherSource].toSorted());
  for (const pattern of lines.filter((line) => line.startsWith('**/'))) expect(isLeftOut(`node/${pattern.replace('**/', '').replace('*', 'x')}`)).toBe(true);
});
