import { generateKeyPairSync } from 'node:crypto'
import { appendFileSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Storage } from '#storage'
import type { Config } from '#system'
import { prepareCanary, publishCanary, signCanary, type CanaryFile, type KeyholdersKey } from '#trust/canary'

/** A keyholder of the canary with the key that only they have. */
export interface TestKeyholder extends KeyholdersKey {
  name: string
}

export function newKeyholder(name: string): TestKeyholder {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { name, privateKey, x: (privateKey.export({ format: 'jwk' }) as { x: string }).x }
}

/** The shipped promises with keyholders named, as a file beside the data. @returns settings that name it */
export function promisesWith(
  { dataFolder }: Pick<Config, 'dataFolder'>,
  keyholders: readonly Pick<TestKeyholder, 'name' | 'x'>[],
  { needed = 2, days = 14 } = {},
): Config['policy'] {
  const promises = join(dataFolder, `promises-${keyholders.map(({ name }) => name).join('-')}-${needed}-${days}.toml`)
  copyFileSync(join(import.meta.dirname, '..', 'policy', 'promises.toml'), promises)
  appendFileSync(
    promises,
    [
      `\n[canary]\nneeded = ${needed}\ndays = ${days}\n`,
      ...keyholders.map(({ name, x }) => `[[canary.keyholders]]\nname = "${name}"\nkey = "${x}"\n`),
    ].join(''),
  )
  return { promises, noticeDays: 30 }
}

export const HEADLINE = 'Het Nieuwsblad: Schelde bevriest voor het eerst sinds 1963'

export const signedBy = (file: CanaryFile, keyholders: readonly TestKeyholder[]): CanaryFile =>
  keyholders.reduce(signCanary, file)

/** Prepares, signs and publishes a canary now. */
export const publishSigned = async (
  storage: Storage,
  config: Pick<Config, 'policy' | 'hostname'>,
  keyholders: readonly TestKeyholder[],
): ReturnType<typeof publishCanary> =>
  publishCanary(storage, config, signedBy(await prepareCanary(storage, config, [HEADLINE]), keyholders))
