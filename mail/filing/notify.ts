import { parseMailto as parseUri, parseSieveAddress } from '#formats/sieve'

/** A letter that a mailto URI asks for. RFC 5436 §2.7: what else the URI wants written is not. */
export interface Mailto {
  to: string[]
  cc: string[]
  subject: string | undefined
  text: string
}

/** Reads a mailto URI (RFC 6068 §2); undefined for what is none, or names somebody to whom mail cannot be sent. */
export function parseMailto(text: string): Mailto | undefined {
  const uri = parseUri(text)
  if (uri === undefined) return undefined
  const said = (name: string): string[] => uri.fields.flatMap((field) => (field.name === name ? [field.value] : []))
  const cc = said('cc').flatMap((list) => list.split(',').map((address) => parseSieveAddress(address)?.address))
  if (!cc.every((address) => address !== undefined)) return undefined
  return { to: uri.to, cc, subject: said('subject')[0], text: said('body').join('\n') }
}
