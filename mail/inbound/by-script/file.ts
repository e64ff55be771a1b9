import { addMessage, type AdoptedMessage, type PreparedMessage } from '#mail'
import type { Transaction } from '#storage'
import type { Copy } from './deciding.ts'
import { mailboxAt } from './place.ts'

/** A copy that is ready to be stored. */
export interface PreparedCopy extends Copy {
  message: PreparedMessage | AdoptedMessage
}

/**
 * Files copies where a script has them.
 * @param usual  the folder where they lie without a script
 * @param all  what all of them get
 */
export async function addCopies(
  tx: Transaction,
  copies: readonly PreparedCopy[],
  usual: number,
  all: { keywords: readonly string[]; receivedAt: Date },
): Promise<void> {
  for (const { message, mailboxes, keywords, isDeleted } of copies) {
    const folders = new Set<number>()
    for (const place of mailboxes) folders.add(await mailboxAt(tx, place, usual))
    await addMessage(tx, message, {
      mailboxes: [...folders],
      keywords: [...all.keywords, ...keywords],
      receivedAt: all.receivedAt,
      isDeleted,
    })
  }
}
