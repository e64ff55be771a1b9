import { keywordNames, type DeletedItem } from '#items'
import { MAIL, readSummary, toMessage, type StoredMessage } from '#mail'
import type { OpenAccount } from '#storage'
import type { ItemKind } from './kind.ts'

export const mail: ItemKind = {
  describe({ summary }) {
    const { subject, from, preview, hasAttachment } = readSummary(summary)
    return { title: subject ?? '', people: [...(from ?? [])], preview, hasAttachment }
  },
}

/** A deleted message as one that is there; undefined for what is none. */
export async function messageOf(account: OpenAccount, item: DeletedItem): Promise<StoredMessage | undefined> {
  if (item.kind !== MAIL) return undefined
  const names = await keywordNames(account, item.keywords)
  return toMessage({ ...item, keywords: item.keywords.map((number) => names.get(number) as string), folders: [] })
}
