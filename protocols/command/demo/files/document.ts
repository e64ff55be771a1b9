import { crc32, deflateRawSync } from 'node:zlib'

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const WORDS = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
const MAIN = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'

/** The least that word processors open (ECMA-376): the first line as its title, each further line a paragraph. */
export function writeDocument(words: string): Buffer {
  const paragraphs = words.split('\n').map((line, at) => {
    const bold = at === 0 ? '<w:rPr><w:b/><w:sz w:val="32"/></w:rPr>' : ''
    return `<w:p><w:r>${bold}<w:t xml:space="preserve">${escape(line)}</w:t></w:r></w:p>`
  })
  return zip({
    '[Content_Types].xml': `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="${MAIN}"/></Types>`,
    '_rels/.rels': `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>`,
    'word/document.xml': `${XML}<w:document xmlns:w="${WORDS}"><w:body>${paragraphs.join('')}</w:body></w:document>`,
  })
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** 1 January 1980, the first day that the format knows: the same words give the same bytes. */
const NO_TIME = 0
const NO_DATE = 0x21
const VERSION = 20
const UTF8_NAMES = 0x0800
const DEFLATED = 8

/** A zip archive: each file behind a header of its own, and the directory at the end (APPNOTE.TXT §4.3). */
function zip(files: Record<string, string>): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content)
    const deflated = deflateRawSync(bytes)
    const nameBytes = Buffer.from(name)
    const about = numbers(
      [2, VERSION],
      [2, UTF8_NAMES],
      [2, DEFLATED],
      [2, NO_TIME],
      [2, NO_DATE],
      [4, crc32(bytes)],
      [4, deflated.length],
      [4, bytes.length],
      [2, nameBytes.length],
      [2, 0],
    )
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), about, nameBytes, deflated])
    const entry = numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, offset])
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), numbers([2, VERSION]), about, entry, nameBytes]))
    bodies.push(local)
    offset += local.length
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0)
  const end = numbers([2, 0], [2, 0], [2, directory.length], [2, directory.length], [4, size], [4, offset], [2, 0])
  return Buffer.concat([...bodies, ...directory, Buffer.from('PK\x05\x06'), end])
}

/** Numbers of 2 or 4 bytes, least significant byte first. */
function numbers(...fields: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer {
  const buffer = Buffer.alloc(fields.reduce((sum, [bytes]) => sum + bytes, 0))
  let at = 0
  for (const [bytes, value] of fields)
    at = bytes === 2 ? buffer.writeUInt16LE(value, at) : buffer.writeUInt32LE(value, at)
  return buffer
}
