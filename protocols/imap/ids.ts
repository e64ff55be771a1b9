/** Ids that stay when a mailbox is renamed or a message moved: those that JMAP shows as well. RFC 8474. */
const idsWith =
  (letter: string) =>
  (number: number): string =>
    `${letter}${number.toString(36)}`

export const mailboxIdOf = idsWith('F')
export const emailIdOf = idsWith('M')
export const threadIdOf = idsWith('T')
