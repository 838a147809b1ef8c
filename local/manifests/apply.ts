import { KubeError, type KubeObject, type KubePort, type ResourceType } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import type { ChangeSet, FileManifest } from './change-set.ts';

const fileManager = 'meridian-local';

const typeOf = ({ object }: FileManifest): ResourceType => (object.kind === 'CacheNamespace' ? resourceTypes.cacheNamespace : resourceTypes.cacheCluster);

/**
 * Carries out what saving the files asked for. The file takes fields over from kubectl (it was saved later); fields that the file never named stay
 * with whoever set them. Returns the sentences of what was refused.
 */
export async function applyChanges(kube: KubePort, changes: ChangeSet): Promise<readonly string[]> {
  const refused: string[] = [];
  const attempt = async (manifest: FileManifest, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      refused.push(`${manifest.file}:${manifest.line}: ${error.message}`);
    }
  };
  for (const manifest of changes.apply) await attempt(manifest, () => kube.apply(typeOf(manifest), structuredClone(manifest.object) as unknown as KubeObject, { fieldManager: fileManager, force: true }));
  for (const manifest of changes.remove) {
    const { namespace, name } = (manifest.object as unknown as KubeObject).metadata;
    await attempt(manifest, () => kube.delete(typeOf(manifest), namespace, name, { propagationPolicy: 'Background' }));
  }
  return refused;
}
