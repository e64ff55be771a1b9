import { keywordNames, type DeletedItem } from '#items'
import { MAIL, readSummary, toMessage, type StoredMessage } from '#mail'
import type { OpenAccount } from '#storage'

/** What a list says of a thing, of whatever kind it is. */
export interface Described {
  title: string
  /** Whom it is from, or whom it is about. */
  people: { name: string | null; email: string }[]
  preview: string
  hasAttachment: boolean
}

/** How each kind says what it is; a kind that is not here is shown without a title. */
const KINDS: Record<string, (item: DeletedItem) => Described> = {
  [MAIL]: ({ summary }) => {
    const { subject, from, preview, hasAttachment } = readSummary(summary)
    return { title: subject ?? '', people: [...(from ?? [])], preview, hasAttachment }
  },
}

const NOTHING: Described = { title: '', people: [], preview: '', hasAttachment: false }

export const describe = (item: DeletedItem): Described => KINDS[item.kind]?.(item) ?? NOTHING

/** A deleted message as one that is there; undefined for what is none. */
export async function messageOf(account: OpenAccount, item: DeletedItem): Promise<StoredMessage | undefined> {
  if (item.kind !== MAIL) return undefined
  const names = await keywordNames(account, item.keywords)
  return toMessage({ ...item, keywords: item.keywords.map((number) => names.get(number) as string), folders: [] })
}
