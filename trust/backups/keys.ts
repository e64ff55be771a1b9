import { now, type Config } from '#system'
import { copyKeys, openKeyCopy, readEpochs, type OpenedCopy, type Paper, type Storage } from '#storage'
import { damaged } from './objects.ts'
import { getWhole, type Target } from './target/target.ts'

const NAME = 'keys'
const MOST_BYTES = 512 * 1024 * 1024

/**
 * Writes the copy of the keys anew, in the place of the one before, and reads it back: with each backup, when a backup has ended,
 * and before an epoch of the master key is destroyed.
 */
export async function keepKeys(
  storage: Pick<Storage, 'database'>,
  { keyFile }: Pick<Config, 'keyFile'>,
  target: Target,
): Promise<void> {
  await copyKeys(storage.database, keyFile, async (copy) => {
    await target.replace(NAME, copy)
    const there = await getWhole(target, NAME, MOST_BYTES)
    if (!there.equals(copy)) throw damaged(NAME)
    openKeyCopy(there, { epochs: readEpochs(keyFile) })
  })
  await storage.database.sql`
    insert into key_copy (epoch, verified_at) select epoch, ${now()} from keys.epoch
    on conflict (only_one) do update set epoch = excluded.epoch, verified_at = excluded.verified_at`
}

/** The keys as the target has them. @throws Refusal 'invalid' that says what is wrong with them */
export async function fetchKeys(target: Target, by: { keyFile: string } | { paper: Paper }): Promise<OpenedCopy> {
  const copy = await getWhole(target, NAME, MOST_BYTES)
  return openKeyCopy(copy, 'paper' in by ? by : { epochs: readEpochs(by.keyFile) })
}
