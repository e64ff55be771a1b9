/** RFC 5804 §4: octets of a quoted string. */
const MOST_QUOTED = 1024

/** A string: quoted where it may be, else a literal. RFC 5804 §4. */
export const string = (text: string): string =>
  /[\0\r\n]/.test(text) || Buffer.byteLength(text) > MOST_QUOTED
    ? literal(text)
    : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`

export const literal = (text: string): string => `{${Buffer.byteLength(text)}}\r\n${text}`
