import {
  fieldValue,
  findFields,
  parseAddress,
  type EmailAddress,
  type EmailAddressGroup,
  type Message,
} from '#formats/message'
import { faulty, type Fault } from './faults.ts'

/** Whom a message says it is from, each a valid address. */
export interface Authors {
  from: EmailAddress[]
  sender: EmailAddress | undefined
}

/** Addresses in one From field. */
const MOST = 20

/** Reads From and Sender (RFC 5322 §3.6.2). @throws Refusal 'invalid' with the fault 'from' or 'sender' */
export function authorsOf(message: Message): Authors {
  const from = mailboxesOf(message, 'From', 'from')
  if (from.length === 0 || from.length > MOST) throw faulty('from')
  const sender = mailboxesOf(message, 'Sender', 'sender')
  if (sender.length > 1) throw faulty('sender')
  // RFC 5322 §3.6.2: several authors need one who sends.
  return { from, sender: sender[0] ?? (from.length > 1 ? from[0] : undefined) }
}

function mailboxesOf(message: Message, name: string, fault: Fault): EmailAddress[] {
  const [field] = findFields(message, message.root, name)
  if (field === undefined) return []
  const groups: EmailAddressGroup[] = fieldValue(message, field, 'GroupedAddresses')
  // RFC 6854 lets a group stand here; it names nobody who could be checked.
  if (groups.length !== 1 || groups[0]?.name !== null) throw faulty(fault)
  return groups[0].addresses.map(({ name, email }) => {
    const parsed = parseAddress(email)
    if (parsed === undefined || parsed.domain.startsWith('[')) throw faulty(fault)
    return { name, email: parsed.address }
  })
}
