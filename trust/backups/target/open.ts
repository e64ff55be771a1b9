import { relative } from 'node:path'
import { Refusal, type Config } from '#system'
import { openFolderTarget } from './folder.ts'
import { openS3Target } from './s3/s3.ts'
import type { Target } from './target.ts'

/**
 * The target that the settings name, or another.
 * @param to  a folder in place of it
 * @returns undefined when none is named
 * @throws Refusal 'invalid' for one within the data folder, which a fire would take with it, or a secret that cannot be read
 */
export function openTarget(
  { backup, dataFolder }: Pick<Config, 'backup' | 'dataFolder'>,
  to?: string,
): Target | undefined {
  if (to === undefined && backup.s3 !== undefined) return openS3Target(backup.s3)
  const folder = to ?? backup.target
  if (folder === undefined) return undefined
  if (!relative(dataFolder, folder).startsWith('..'))
    throw new Refusal('invalid', { fields: ['backup.target: it must not be the data folder, nor lie in it'] })
  return openFolderTarget(folder)
}
