import { kindState, newestItem, type Written } from '#items'
import { MAIL } from '#mail'
import type { OpenAccount } from '#storage'
import type { DataType } from '../capability.ts'
import type { States } from '../families/set.ts'

/** The change number that last touched a message; of threads too, which change only when their messages do. */
export const emailState = async (account: OpenAccount): Promise<string> =>
  String((await kindState(account, MAIL)).items)

/** The change number that last touched a mailbox, or what is in one and so its counts. */
export const mailboxState = async (account: OpenAccount): Promise<string> =>
  String((await kindState(account, MAIL)).folders)

/** Changes whenever a message is added, and then only. RFC 8621 §1.5. */
const deliveryState = async (account: OpenAccount): Promise<string> => String(await newestItem(account, MAIL))

export const types: readonly DataType[] = [
  { name: 'Mailbox', state: mailboxState },
  { name: 'Thread', state: emailState },
  { name: 'Email', state: emailState },
  { name: 'EmailDelivery', state: deliveryState },
]

/** The states around a write. */
export const statesOf = ({ before, after }: Written<unknown>, which: 'folders' | 'items'): States => ({
  oldState: before === undefined ? null : String(before[which]),
  newState: String(after[which]),
})
