/** JMAP's ids of accounts. A letter comes first and letters are lower case, as RFC 8620 §1.2 advises. */
export const accountIdOf = (accountId: number): string => `a${accountId.toString(36)}`
