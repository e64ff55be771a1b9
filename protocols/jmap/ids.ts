/** JMAP's ids of accounts. A letter comes first and letters are lower case, as RFC 8620 §1.2 advises. */
export const accountIdOf = (accountId: number): string => `a${accountId.toString(36)}`

/** Ids of one type: a letter and the store's number in base 36. */
export interface Ids {
  of(number: number): string
  /** undefined for what is no id of this type. */
  numberOf(id: string): number | undefined
  /** The numbers of those that are. */
  numbersOf(ids: readonly string[]): number[]
}

export function idsWith(letter: string): Ids {
  const form = new RegExp(`^${letter}(?:0|[1-9a-z][0-9a-z]{0,10})$`)
  const numberOf = (id: string): number | undefined => {
    const number = form.test(id) ? Number.parseInt(id.slice(1), 36) : Number.NaN
    return Number.isSafeInteger(number) ? number : undefined
  }
  return {
    of: (number) => `${letter}${number.toString(36)}`,
    numberOf,
    numbersOf: (ids) => ids.flatMap((id) => numberOf(id) ?? []),
  }
}
