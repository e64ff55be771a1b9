/** A field of a header as it is signed. */
export interface HeaderField {
  /** In lower case. */
  name: string
  /** With its line breaks; bytes as latin1. */
  value: string
}

const NAME = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:/

/**
 * The fields of a header, in their order.
 * @param header  bytes as latin1, with or without the empty line after it. Bare CR and bare LF count as line ends: they leave as such
 * @returns undefined when a line of it is no field, at which some readers see the end of the header
 */
export function fieldsOf(header: string): HeaderField[] | undefined {
  const fields: HeaderField[] = []
  let lines: string[] = []
  let name = ''
  const end = (): void => {
    if (name !== '') fields.push({ name, value: lines.join('\r\n') })
  }
  for (const line of header.split(/\r\n|\r|\n/)) {
    if (line === '') break
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (name === '') return undefined
      lines.push(line)
      continue
    }
    const [start, found] = NAME.exec(line) ?? []
    if (start === undefined || found === undefined) return undefined
    end()
    name = found.toLowerCase()
    lines = [line.slice(start.length)]
  }
  end()
  return fields
}

/** "relaxed": RFC 6376 §3.4.2. Without a line end. */
export const relaxedField = (name: string, value: string): string =>
  `${name.toLowerCase()}:${value
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '')}`
