import type { LiveConfig } from '../../shared/admin/contract.ts';
import type { NodeConfig } from '../../shared/kube/documents.ts';

/** What can change while the node runs. */
export interface Settings {
  /** Of the newest push or file that carried one; 0: none did. */
  readonly revision: number;
  readonly memoryBytes: number;
  readonly eviction: string;
  readonly acknowledge: 'insync' | 'primary';
  readonly minInSync: number;
  readonly fastFailover: boolean;
  readonly emptyShardAfterMs: number;
  /** Users as pushed; undefined: those of the mounted file. */
  readonly usersAcl: string | undefined;
}

export function settingsOf(config: NodeConfig): Settings {
  const { memoryBytes, eviction, acknowledge, minInSync, fastFailover, emptyShardAfterMs } = config;
  return { revision: config.revision ?? 0, memoryBytes, eviction, acknowledge, minInSync, fastFailover, emptyShardAfterMs, usersAcl: undefined };
}

/** The settings after a push; the same object when it is not newer. */
export function withPush(settings: Settings, push: LiveConfig): Settings {
  if (push.revision <= settings.revision) return settings;
  const { formatVersion: _format, ...given } = push;
  return { ...settings, ...Object.fromEntries(Object.entries(given).filter(([name, value]) => name in settings && value !== undefined)) };
}

/** The settings after the mounted file changed: it trails the pushes, so one with a lower revision is old news. */
export function withFile(settings: Settings, config: NodeConfig): Settings {
  const fromFile = settingsOf(config);
  if (fromFile.revision < settings.revision && config.revision !== undefined) return settings;
  return { ...fromFile, revision: Math.max(fromFile.revision, settings.revision), usersAcl: settings.usersAcl };
}

/** The push that brings another node to the same settings; undefined before the first. */
export function asPush(settings: Settings): LiveConfig | undefined {
  return settings.revision === 0 ? undefined : { formatVersion: 1, ...settings };
}
