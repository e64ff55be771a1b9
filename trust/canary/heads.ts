import type { Config } from '#system'
import type { Storage } from '#storage'
import { publishedHeads, publishHead } from '#trust/access'
import type { Head } from './statement.ts'

/** The registers whose published heads stand in a canary. Whoever keeps another one adds a line; undefined where it is empty. */
const HEADS: Readonly<
  Record<string, (storage: Storage, config: Pick<Config, 'hostname'>) => Promise<Head | undefined>>
> = {
  async access(storage, config) {
    await publishHead(storage, config)
    const [newest] = (await publishedHeads(storage, config)).heads
    return newest && { day: newest.day, number: newest.number, hash: newest.hash }
  },
}

export async function headsNow(storage: Storage, config: Pick<Config, 'hostname'>): Promise<Record<string, Head>> {
  const found: Record<string, Head> = {}
  for (const [name, read] of Object.entries(HEADS)) {
    const head = await read(storage, config)
    if (head !== undefined) found[name] = head
  }
  return found
}
