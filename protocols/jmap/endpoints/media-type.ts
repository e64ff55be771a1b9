/** type/subtype with parameters. RFC 9110 §8.3.1, names as RFC 6838 §4.2 bounds them. */
const MEDIA_TYPE =
  /^[a-z\d][\w!#$&^.+-]{0,126}\/[a-z\d][\w!#$&^.+-]{0,126}(?:[ \t]*;[ \t]*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[^"\\\p{Cc}\u0080-\uffff]*"))*$/iu

export const UNKNOWN_TYPE = 'application/octet-stream'

/** A media type as it may stand in a header, or undefined when it is none. */
export function mediaType(text: string | undefined): string | undefined {
  const trimmed = text?.trim()
  return trimmed !== undefined && trimmed.length <= 255 && MEDIA_TYPE.test(trimmed) ? trimmed : undefined
}

/** What may be shown in a window of ours: none of these can carry a script. */
const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'text/plain', 'application/pdf'])

export const mayBeShown = (type: string): boolean => SHOWN.has(essence(type))

const essence = (type: string): string => (type.split(';', 1)[0] as string).trim().toLowerCase()

/** The type with a charset where it is text, so that nothing is guessed from the bytes. */
export function withCharset(type: string): string {
  return essence(type) === 'text/plain' && !/;\s*charset=/i.test(type) ? `${type}; charset=utf-8` : type
}
