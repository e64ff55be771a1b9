import { parseAddress, type Address } from '#formats/message'

/** What stands before "<": words and quoted strings (RFC 5322 §3.2.5), with the characters of RFC 6532. */
const NAMED = /^([^"<>@,:;()[\]\\]|"(?:[^"\\]|\\.)*")*<([^<>]*)>$/su

/**
 * Reads an address as scripts write it: alone, or in angle brackets after a name; no route, no group (RFC 5228 §2.4.2.3).
 * @returns undefined when it is not one that mail can be sent to
 */
export function parseSieveAddress(text: string): (Address & { name: string }) | undefined {
  const trimmed = text.trim()
  if (trimmed.length > LONGEST || /[\x00-\x1f\x7f]/.test(trimmed)) return undefined
  const isNamed = trimmed.endsWith('>')
  if (isNamed && !NAMED.test(trimmed)) return undefined
  const open = isNamed ? trimmed.lastIndexOf('<') : 0
  const address = parseAddress(isNamed ? trimmed.slice(open + 1, -1).trim() : trimmed)
  if (address === undefined) return undefined
  const name = trimmed.slice(0, open).trim()
  return {
    ...address,
    name: name.replace(/"((?:[^"\\]|\\.)*)"/gs, (_, inner: string) => inner.replace(/\\(.)/gs, '$1')),
  }
}

/** Characters of an address with its name. */
const LONGEST = 1000

/** Fields that hold addresses: RFC 5228 §5.1 has the test `address` look into no others. Those that begin with X- nobody has defined. */
const ADDRESS_FIELD =
  /^(?:(?:resent-)?(?:from|to|cc|bcc|sender|reply-to)|return-path|delivered-to|envelope-to|original-to|apparently-to|errors-to|disposition-notification-to|return-receipt-to|mail-followup-to|mail-reply-to|list-post|author|x-.*)$/i

export const isAddressField = (name: string): boolean => ADDRESS_FIELD.test(name)
