/** Ids that stay when a mailbox is renamed or a message moved: those that JMAP shows as well. RFC 8474. */
const idsWith =
  (letter: string) =>
  (number: number): string =>
    `${letter}${number.toString(36)}`

export const mailboxIdOf = idsWith('F')
export const emailIdOf = idsWith('M')
export const threadIdOf = idsWith('T')

const numbersWith =
  (letter: string) =>
  (id: string): number | undefined =>
    new RegExp(`^${letter}[0-9a-z]{1,11}$`).test(id) ? Number.parseInt(id.slice(1), 36) : undefined

/** The numbers behind such ids; undefined for what is none of ours. */
export const emailOf = numbersWith('M')
export const threadOf = numbersWith('T')
