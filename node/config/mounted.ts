import { join } from 'node:path';
import type { BusKeys } from '../../shared/bus/identity.ts';
import { isFolder, readTextFile, watchFolder } from '../../shared/io/files.ts';
import { nodeConfigKey } from '../../shared/kube/names.ts';
import type { NodeConfig } from '../../shared/kube/documents.ts';
import { parseBusKeys, parseNodeConfig } from './documents.ts';
import { nodeConfigError, type NodeEnvironment } from './environment.ts';

export interface MountedFiles {
  readonly config: NodeConfig;
  readonly busKeys: BusKeys;
  /** Text of users.acl, where there is one. */
  readonly usersAcl: string | undefined;
  readonly defaultPassword: string | undefined;
  /** Text of tokens, where there is one. */
  readonly tokens: string | undefined;
}

/** Reads what is mounted. Throws NODE_CONFIG with the file that is missing or makes no sense. */
export function readMounted(folders: NodeEnvironment['folders']): MountedFiles {
  const text = readTextFile(join(folders.config, nodeConfigKey));
  if (text === undefined) throw nodeConfigError(`${join(folders.config, nodeConfigKey)} does not exist`);
  const config = parseNodeConfig(text);
  return {
    config,
    busKeys: parseBusKeys(readTextFile(join(folders.bus, 'bus-key')), readTextFile(join(folders.bus, 'bus-key-previous'))),
    usersAcl: config.authEnabled ? readTextFile(join(folders.auth, 'users.acl')) : undefined,
    defaultPassword: config.authEnabled ? readTextFile(join(folders.auth, 'default-password'))?.trim() : undefined,
    tokens: config.authEnabled ? readTextFile(join(folders.auth, 'tokens')) : undefined,
  };
}

/** Calls `changed` after anything in the mounted folders changed. Returns how to stop. */
export function watchMounted(folders: NodeEnvironment['folders'], changed: () => void): () => void {
  const stops = [folders.config, folders.bus, folders.auth].filter(isFolder).map((folder) => watchFolder(folder, () => changed()));
  return () => {
    for (const stop of stops) stop();
  };
}
