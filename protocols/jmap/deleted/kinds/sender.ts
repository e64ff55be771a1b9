import type { ListedSender } from '#mail/senders'
import type { TrustedSender } from '#mail/trusted'
import { NOTHING, type RecordKind } from './kind.ts'

/** Somebody on a list: blocked, allowed or trusted. */
export const sender: RecordKind<ListedSender | TrustedSender> = {
  describe: ({ address }) => ({ ...NOTHING, title: address, people: [{ name: null, email: address }] }),
  words: ({ address }) => address,
}
